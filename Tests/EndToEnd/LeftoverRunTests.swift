import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("A workload is removed while no daemon is there, and its run goes on")
struct LeftoverRunTests {
    private static let deaf = """
        name: a
        command: [sh, -c, "trap '' TERM; echo deaf; while :; do sleep 0.1; done"]
        stop_timeout: 0.2
        """

    /// As it stands when the workload has been removed and the next daemon has found what runs.
    private func removed(_ host: TestHost, restarts: Int = 0) async throws -> Int32 {
        try host.write(Self.deaf, to: "configs/a.yaml")
        try await host.up()
        for _ in 0..<restarts { #expect(try await host.run("restart", "a").status == 0) }
        let before = try await host.until("a", "runs") { $0.status == .running && $0.pid != nil }
        _ = try await until("it is deaf") {
            host.read("logs/a.log").split(separator: "\n").count(where: { $0 == "deaf" }) == restarts + 1 ? true : nil
        }
        try await host.killDaemon()
        try FileManager.default.removeItem(atPath: host.folder + "/configs/a.yaml")
        try await host.up()
        let pid = before.pid ?? 0
        #expect(kill(pid, 0) == 0)
        return pid
    }

    @Test("back again, it begins when that run has ended, at its first run as at its third", arguments: 0...2)
    func backAgain(restarts: Int) async throws {
        try await withHost { host in
            let former = try await removed(host, restarts: restarts)
            try host.write(Self.deaf, to: "configs/a.yaml")
            let reload = try await host.run("reload")
            #expect(reload.status == 0, "\(reload.errors)")
            let after = try await host.until("a", "runs anew") { $0.status == .running && $0.pid != nil }
            #expect(kill(former, 0) != 0)
            #expect(after.pid != former)
            #expect(kill(after.pid ?? 0, 0) == 0)
            #expect(after.lastError == nil)
            // It is led as any other.
            #expect(try await host.run("stop", "a").status == 0)
            #expect(kill(after.pid ?? 0, 0) != 0)
        }
    }

    @Test("the daemon dies once more while it stops that run: it is still known, and still the only one")
    func diesAgain() async throws {
        try await withHost { host in
            let former = try await removed(host)
            try await host.killDaemon()
            try host.write(Self.deaf, to: "configs/a.yaml")
            try await host.up()
            let after = try await host.until("a", "runs anew") {
                $0.status == .running && $0.pid != nil && $0.pid != former
            }
            #expect(kill(former, 0) != 0)
            #expect(kill(after.pid ?? 0, 0) == 0)
        }
    }

    @Test("it stays away: it is shown until its run has ended, and then nothing is left of it")
    func staysAway() async throws {
        try await withHost { host in
            let former = try await removed(host)
            #expect(try await host.workload("a")?.status == .stopping)
            _ = try await until("it has gone") { try await host.workload("a") == nil ? true : nil }
            #expect(kill(former, 0) != 0)
            _ = try await until("its folder has gone") {
                FileManager.default.fileExists(atPath: host.folder + "/master_control.run/a") ? nil : true
            }
        }
    }
}
