import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("Configuration and state that cannot be read, with the real program")
struct UnreadableTests {
    private func write(_ host: TestHost) throws {
        try host.write("name: a\ncommand: [sleep, '100000']\n", to: "configs/a.yaml")
        try host.write("name: b\ncommand: [sleep, '100000']\ndepends_on: [a]\n", to: "configs/b.yaml")
        try host.write("name: h\ncommand: [sleep, '100000']\n", to: "configs/h.yaml")
        try host.write("name: once\nrun_mode: n_times\ncommand: ['true']\n", to: "configs/once.yaml")
    }

    /// Two services, one that was stopped by hand, one that is completed.
    private func begin(_ host: TestHost) async throws -> [Workload] {
        try write(host)
        try await host.up()
        _ = try await host.until("a", "runs") { $0.status == .running && $0.pid != nil }
        _ = try await host.until("b", "runs") { $0.status == .running && $0.pid != nil }
        _ = try await host.until("h", "runs") { $0.status == .running }
        _ = try await host.until("once", "is completed") { $0.status == .completed }
        #expect(try await host.run("stop", "h").status == 0)
        return try await host.workloads()
    }

    private func expectSame(_ now: [Workload], _ before: [Workload]) {
        #expect(now.map(\.name) == before.map(\.name))
        #expect(now.map(\.status) == before.map(\.status))
        #expect(now.map(\.pid) == before.map(\.pid))
        #expect(now.map(\.runCount) == before.map(\.runCount))
    }

    enum Harm: CaseIterable, Sendable { case misspelt, folderGone }

    @Test("a daemon that comes back and cannot read a file leaves all as it was", arguments: Harm.allCases)
    func typo(harm: Harm) async throws {
        try await withHost { host in
            let before = try await begin(host)
            try await host.killDaemon()
            let named: String
            switch harm {
            case .misspelt:
                for name in ["a", "h", "once"] {
                    let text = host.read("configs/\(name).yaml")
                    try host.write(text.replacingOccurrences(of: "command", with: "comand"), to: "configs/\(name).yaml")
                }
                named = "configs/a.yaml"
            case .folderGone:
                try FileManager.default.moveItem(atPath: host.folder + "/configs", toPath: host.folder + "/away")
                named = "configs"
            }
            try await host.up()
            #expect(host.read("up.err").contains(named), "nothing on standard error")
            let held = try await host.workloads()
            expectSame(held, before)
            #expect(held.first?.lastError?.contains(named) == true)
            #expect(try await host.run("reload").status == 1)
            #expect(try await host.run("validate").status == 1)
            expectSame(try await host.workloads(), before)

            try write(host)
            let reload = try await host.run("reload")
            #expect(reload.status == 0, "\(reload.errors)")
            let after = try await host.workloads()
            expectSame(after, before)
            #expect(after.allSatisfy { $0.lastError?.contains("cannot be read") != true })
        }
    }

    @Test("a 'current' that leads nowhere, or an emptied file, is an error and removes nothing")
    func nowhere() async throws {
        try await withHost { host in
            try host.write("name: r\ncommand: [sleep, '100000']\n", to: "releases/1.0/configs/r.yaml")
            try host.write("name: a\ncommand: [sleep, '100000']\n", to: "configs/a.yaml")
            try FileManager.default.createSymbolicLink(
                atPath: host.folder + "/current", withDestinationPath: "releases/1.0")
            try await host.up()
            _ = try await host.until("r", "runs") { $0.status == .running && $0.pid != nil }
            _ = try await host.until("a", "runs") { $0.status == .running && $0.pid != nil }
            let before = try await host.workloads()
            try FileManager.default.moveItem(
                atPath: host.folder + "/releases/1.0", toPath: host.folder + "/releases/gone")
            for command in ["validate", "reload"] {
                let spoken = try await host.run(command)
                #expect(spoken.status == 1)
                #expect((spoken.output + spoken.errors).contains("current"), "\(command): \(spoken)")
            }
            expectSame(try await host.workloads(), before)
            try await host.killDaemon()
            try await host.up()
            #expect(host.read("up.err").contains("current"))
            expectSame(try await host.workloads(), before)
            try FileManager.default.moveItem(
                atPath: host.folder + "/releases/gone", toPath: host.folder + "/releases/1.0")
            #expect(try await host.run("reload").status == 0)
            expectSame(try await host.workloads(), before)

            try host.write("", to: "configs/a.yaml")
            let emptied = try await host.run("reload")
            #expect(emptied.status == 1)
            #expect((emptied.output + emptied.errors).contains("holds no workload"))
            expectSame(try await host.workloads(), before)
        }
    }

    @Test("what was changed while no daemon was there runs by what the files say now")
    func changed() async throws {
        try await withHost { host in
            let script = "command: [sh, -c, 'echo WORD; exec sleep 100000']\n"
            for name in ["a", "b"] {
                try host.write(
                    "name: \(name)\n" + script.replacingOccurrences(of: "WORD", with: "one"), to: "configs/\(name).yaml"
                )
            }
            try await host.up()
            let a = try await host.until("a", "runs") { $0.status == .running && $0.pid != nil }
            let b = try await host.until("b", "runs") { $0.status == .running && $0.pid != nil }
            #expect(try await host.run("down", "--keep-workloads").status == 0)
            try await host.untilDown()
            try host.write(
                "name: a\n" + script.replacingOccurrences(of: "WORD", with: "two"), to: "configs/a.yaml")
            try await host.up()
            _ = try await host.until("a", "runs anew") { $0.status == .running && $0.pid != nil && $0.pid != a.pid }
            _ = try await until("it says two") { host.read("logs/a.log").hasSuffix("two\n") ? true : nil }
            #expect(try await host.workload("b")?.pid == b.pid)
        }
    }

    @Test("a database that is none ends 'up' with the file and advice; moved aside, what runs is taken over")
    func noDatabase() async throws {
        try await withHost { host in
            try host.write("name: a\ncommand: [sleep, '100000']\n", to: "configs/a.yaml")
            try await host.up()
            let a = try await host.until("a", "runs") { $0.status == .running && $0.pid != nil }
            try await host.killDaemon()
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: host.folder + "/master_control.db" + suffix)
            }
            try host.write(String(repeating: "no database\n", count: 500), to: "master_control.db")
            let refused = try await host.run("up")
            #expect(refused.status == 1)
            #expect(refused.errors.contains("master_control.db") && refused.errors.contains("--reset-state"))
            #expect(kill(a.pid ?? 0, 0) == 0)
            try await host.up(arguments: ["--reset-state"])
            #expect(try await host.workload("a")?.pid == a.pid)
            let files = try FileManager.default.contentsOfDirectory(atPath: host.folder)
            #expect(files.contains { $0.hasPrefix("master_control.db.broken-") })
        }
    }

    @Test("an 'up' that fails says why and ends with 1, whoever connects to it meanwhile")
    func failing() async throws {
        try await withHost { host in
            // Somebody has its port.
            let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(taken) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(taken, $0, size) == 0 && listen(taken, 1) == 0 && getsockname(taken, $0, &size) == 0
                }
            }
            try #require(isBound)
            let port = UInt16(bigEndian: address.sin_port)
            try host.write(
                "fleet: {enabled: true, api_host: 127.0.0.1, api_port: \(port), allow_unauthenticated: true}\n",
                to: "configs/daemon.yaml")
            let caller = try Child(
                "/usr/bin/python3", ["-c", Self.caller, host.folder + "/s"], in: host.folder, environment: [:],
                output: "/dev/null", errors: "\(host.folder)/caller.err")
            defer { kill(caller.pid, SIGKILL) }
            for round in 1...20 {
                let spoken = try await host.run("up")
                #expect(spoken.status == 1, "round \(round): \(spoken)")
                #expect(spoken.errors.contains("cannot listen on 127.0.0.1:\(port)"), "round \(round): \(spoken)")
            }
        }
    }

    /// Connects without a pause, for two minutes at most.
    private static let caller = """
        from socket import socket, AF_UNIX
        from sys import argv
        from time import time, sleep
        end = time() + 120
        while time() < end:
            s = socket(AF_UNIX)
            try:
                s.connect(argv[1])
                s.send(b"GET /api/health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
            except OSError:
                sleep(0.0002)
            s.close()
        """
}
