import FleetModel
import Foundation
import TestSupport
import Testing

/// The disk of the central's database is full for a while.
@Suite(
    "A central on a full disk, with the real program", .timeLimit(.minutes(5)),
    .enabled("a mount namespace of its own is not permitted here (it takes root)") { await HardshipTests.mayMount() })
struct CentralDiskTests {
    private static let through = [
        "/usr/bin/unshare", "-m", "sh", "-c", "mkdir disk && mount -t tmpfs -o size=1m none disk && exec \"$@\"", "sh",
    ]

    /// A network of its own.
    static func mayUnshare() async -> Bool {
        (try? await speak("/usr/bin/unshare", ["-n", "ip", "link", "set", "lo", "up"], in: "/tmp").status) == 0
    }

    private static func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        try #require(errno == ENOSPC)
    }

    @Test(
        "nothing is forgotten by halves, no action is a success without its line, and all is written when there is space"
    )
    func full() async throws {
        try await withHost { host in
            let control = try ControlHost.prepare(host, central: "  db_path: disk/fleet.db")
            try await host.up(through: Self.through)
            _ = try await control.untilOnline()
            let ballast = "/proc/\(host.daemonPID)/root\(host.folder)/disk/ballast"
            func ask(_ method: String, _ path: String, body: String? = nil) async throws -> TestHost.Answer {
                var words = [
                    "-X", method, "http://127.0.0.1:\(control.port)\(path)",
                    "-H", "Authorization: Bearer \(ControlHost.token)",
                ]
                if let body { words += ["-d", body] }
                return try await host.curl(words)
            }
            let report = #"{"client_name":"gone","timestamp":"2026-01-01T00:00:00Z","workloads":[]}"#
            #expect(try await ask("POST", "/api/heartbeat", body: report).status == 200)
            let restart = "/api/fleet/clients/control/workloads/ticker/restart"
            #expect(try await ask("POST", restart).status == 200)
            // What is there is written over: so that a row needs room, the log of the database must have grown no more.
            try Self.fill(ballast)
            let first = try await until("the database refuses a line") { () -> TestHost.Answer? in
                let answer = try await ask("POST", restart)
                return answer.status == 503 ? answer : nil
            }
            #expect(first.body.contains("was done"), "\(first.body)")
            let runs = try await host.workload("ticker")?.runCount
            let second = try await ask("POST", restart)
            #expect(second.status == 503 && second.body.contains("nothing was done"), "\(second.body)")
            #expect(try await host.workload("ticker")?.runCount == runs)
            let forget = try await ask("DELETE", "/api/fleet/clients/gone")
            #expect(forget.status == 503 && forget.body.contains("was not forgotten"), "\(forget.body)")
            #expect(try await ask("GET", "/api/fleet/clients/gone").status == 200)
            #expect(
                try await ask("POST", "/api/heartbeat", body: report.replacingOccurrences(of: "gone", with: "late"))
                    .status == 200)

            try FileManager.default.removeItem(atPath: ballast)
            let done = try await until("it works again") { () -> TestHost.Answer? in
                let answer = try await ask("DELETE", "/api/fleet/clients/gone")
                return answer.status == 200 ? answer : nil
            }
            #expect(done.body.contains("Forgot client 'gone'"))
            let audit = try await ask("GET", "/api/fleet/audit").decoded([AuditEntry].self)
            #expect(audit.first?.action == "forget")
            #expect(audit.dropFirst().allSatisfy { $0.action == "restart" && $0.result == "ok" }, "\(audit)")
            // What it had to keep in memory is there for its next life.
            try await host.killCentral(SIGTERM)
            let clients = try await until("the central is back") { () -> [String]? in
                let answer = try? await ask("GET", "/api/fleet/clients")
                guard let answer, answer.status == 200 else { return nil }
                return try answer.decoded([ClientOverview].self).map(\.name)
            }
            #expect(clients == ["control", "late"])
        }
    }
}

/// A client whose address is of a link alone.
@Suite(
    "Addresses with a zone, with the real program", .timeLimit(.minutes(5)),
    .enabled("a network of its own is not permitted here (it takes root)") { await CentralDiskTests.mayUnshare() })
struct ZoneTests {
    @Test(
        "a client is reached at a link-local address with its zone, and at one in brackets",
        arguments: [
            "fe80::9%lo", "[fe80::9%lo]", "[::1]",
        ])
    func zone(address: String) async throws {
        try await withHost { host in
            let api = 9100
            try host.write(
                "clients: [{name: control, host: \"\(address)\", api_port: \(api)}]\n", to: "inventory.yaml")
            let control = try ControlHost.prepare(host, port: 8080, apiPort: api)
            let text = host.read("configs/daemon.yaml").replacingOccurrences(
                of: "api_host: 127.0.0.1", with: "api_host: \"::\"")
            try host.write(text, to: "configs/daemon.yaml")
            // A network of its own: its ports are nobody else's.
            try await host.up(through: [
                "/usr/bin/unshare", "-n", "sh", "-c",
                "ip link set lo up && ip addr add fe80::9/64 dev lo nodad scope link && exec \"$@\"", "sh",
            ])
            let words = [
                "-t", "\(host.daemonPID)", "-n", "/usr/bin/curl", "-sS", "--max-time", "20", "-H",
                "Authorization: Bearer \(ControlHost.token)",
            ]
            func ask(_ method: String, _ path: String) async throws -> String {
                try await speak(
                    "/usr/bin/nsenter", words + ["-X", method, "http://127.0.0.1:\(control.port)\(path)"],
                    in: host.folder
                ).output
            }
            _ = try await until("the client is online") {
                try await ask("GET", "/api/fleet/clients").contains(#""status":"online""#) ? true : nil
            }
            let answer = try await ask("POST", "/api/fleet/clients/control/workloads/ticker/restart")
            #expect(answer.contains("Restarted workload 'ticker'"), "\(answer)")
            let logs = try await ask("GET", "/api/fleet/clients/control/workloads/ticker/logs?lines=2")
            #expect(logs.contains(#""name":"ticker""#), "\(logs)")
        }
    }
}
