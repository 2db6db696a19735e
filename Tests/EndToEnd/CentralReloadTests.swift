import FleetModel
import Foundation
import TestSupport
import Testing

/// The central's files are taken by a reload, as those of the daemon are.
@Suite("The inventory and tokens of a central that runs", .timeLimit(.minutes(5)))
struct CentralReloadTests {
    private static func inventory(_ names: String...) -> String {
        "clients:\n" + names.enumerated().map { "  - {name: \($1), host: 10.1.2.\($0 + 1)}\n" }.joined()
    }

    private static func start(_ host: TestHost) async throws -> ControlHost {
        try host.write(inventory("a", "b"), to: "inventory.yaml")
        try host.write("the-first-token-of-ops\n", to: "ops.token", mode: 0o600)
        let control = try ControlHost.prepare(
            host, central: "  tokens: [{name: ops, token_file: ops.token, scopes: [operate]}]")
        try await host.up()
        _ = try await control.untilOnline()
        return control
    }

    private static func names(_ control: ControlHost) async throws -> [String] {
        try await control.get("/api/fleet/clients")?.decoded([ClientOverview].self).map(\.name) ?? []
    }

    private static func status(_ control: ControlHost, token: String) async throws -> Int {
        let address = "http://127.0.0.1:\(control.port)/api/fleet/clients/control/workloads/ticker/restart"
        return try await control.host.curl("-X", "POST", "-H", "Authorization: Bearer \(token)", address).status
    }

    @Test(
        "an edited inventory is used after reload, which says what has changed; before that the central says it is newer"
    )
    func inventory() async throws {
        try await withHost { host in
            let control = try await Self.start(host)
            #expect(try await Self.names(control) == ["a", "b", "control"])
            let before = try #require(try await host.central())
            #expect(before.notice == nil)
            try host.write(
                "clients:\n  - {name: b, host: 10.9.9.9}\n  - {name: c, host: 10.1.2.3}\n", to: "inventory.yaml")
            #expect(try await Self.names(control) == ["a", "b", "control"])
            #expect(try await host.central()?.notice?.contains("inventory.yaml") == true)
            #expect(try await host.run("list").output.contains("after 'master-control reload'"))
            #expect(try await host.run("clients").errors.contains("inventory.yaml"))
            let access = try #require(try await control.get("/api/access")?.decoded(AccessInfo.self))
            #expect(access.notices?.first?.contains("inventory.yaml") == true)

            let reload = try await host.run("reload")
            #expect(reload.status == 0, "\(reload.errors)")
            #expect(reload.output.contains("central: inventory: added c; removed a; changed b"), "\(reload.output)")
            #expect(try await Self.names(control) == ["b", "c", "control"])
            let b = try await control.get("/api/fleet/clients/b")?.decoded(ClientOverview.self)
            #expect(b?.host == "10.9.9.9")
            #expect(try await host.central()?.notice == nil)
            #expect(host.read("logs/central.log").contains("the central has read its files again"))
            #expect(try await host.run("reload").output.contains("nothing has changed"))
            #expect(try await host.central()?.pid == before.pid)
        }
    }

    @Test(
        "what is not valid, cannot be read or is not there any more keeps what is used, and says so",
        arguments: [
            "clients: [{name: a}]\n", "clients: [{name: a, host: x}, {name: b, host: x}]\n", "clients: [\n", nil,
        ] as [String?])
    func invalid(text: String?) async throws {
        try await withHost { host in
            let control = try await Self.start(host)
            if let text {
                try host.write(text, to: "inventory.yaml")
            } else {
                try FileManager.default.removeItem(atPath: host.folder + "/inventory.yaml")
            }
            try host.write("name: new\ncommand: [sleep, infinity]\n", to: "configs/new.yaml")
            let reload = try await host.run("reload")
            #expect(reload.status == 1)
            #expect(reload.errors.contains("inventory.yaml"), "\(reload.errors)")
            #expect(try await Self.names(control) == ["a", "b", "control"])
            #expect(try await host.workload("new") == nil, "with one error nothing changes, anywhere")
            #expect(host.read("logs/central.log").contains("reload refused"))
            try host.write(Self.inventory("a"), to: "inventory.yaml")
            #expect(try await host.run("reload").status == 0)
            #expect(try await Self.names(control) == ["a", "control"])
            #expect(try await host.workload("new") != nil)
        }
    }

    @Test("SIGHUP takes a new token from its file; the one before is none any more")
    func tokens() async throws {
        try await withHost { host in
            let control = try await Self.start(host)
            let pid = try #require(try await host.central()?.pid)
            #expect(try await Self.status(control, token: "the-first-token-of-ops") == 200)
            try host.write("the-second-token-of-ops\n", to: "ops.token", mode: 0o600)
            #expect(try await host.central()?.notice?.contains("ops.token") == true)
            kill(host.daemonPID, SIGHUP)
            _ = try await until("the token is taken") {
                try await Self.status(control, token: "the-second-token-of-ops") == 200 ? true : nil
            }
            #expect(try await Self.status(control, token: "the-first-token-of-ops") == 401)
            // A file that others can read is refused, as at a start.
            try host.write("the-third-token-of-ops\n", to: "ops.token", mode: 0o644)
            let reload = try await host.run("reload")
            #expect(reload.status == 1 && reload.errors.contains("open to everybody"), "\(reload.errors)")
            #expect(try await Self.status(control, token: "the-second-token-of-ops") == 200)
            #expect(try await host.central()?.pid == pid)
        }
    }

    @Test("a central that has read its files again is taken over by the next daemon")
    func takenOver() async throws {
        try await withHost { host in
            let control = try await Self.start(host)
            let pid = try #require(try await host.central()?.pid)
            try host.write(Self.inventory("a", "b", "c"), to: "inventory.yaml")
            #expect(try await host.run("reload").output.contains("added c"))
            try await host.killDaemon()
            try await host.up()
            #expect(try await host.until("runs") { $0.status == .running }.pid == pid)
            #expect(try await Self.names(control).contains("c"))
        }
    }
}
