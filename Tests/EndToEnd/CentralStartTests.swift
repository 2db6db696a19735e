import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("A central that cannot begin, with the real program")
struct CentralStartTests {
    enum Obstacle: CaseIterable, Sendable {
        case port, database, noDatabase, folder, inventory, ownPort

        var sentence: String {
            switch self {
            case .port: "cannot listen on 127.0.0.1:"
            case .database: "another central already runs with the database"
            case .noDatabase: "fleet.db"
            case .folder: "'/no/such/fleet.db"
            case .inventory: "inventory.yaml:1:"
            case .ownPort: "cannot listen on 127.0.0.1:"
            }
        }
    }

    @Test("up fails with a sentence and leaves nothing; who has what it wanted goes on", arguments: Obstacle.allCases)
    func obstacle(_ obstacle: Obstacle) async throws {
        try await withHosts(2) { hosts in
            let (first, host) = (try await ControlHost.start(hosts[0]), hosts[1])
            let before = try await hosts[0].until("runs") { $0.status == .running && $0.pid != nil }
            let control: ControlHost
            switch obstacle {
            case .port: control = try .prepare(host, port: first.port)
            case .database: control = try .prepare(host, central: "  db_path: \(hosts[0].folder)/fleet.db")
            case .noDatabase:
                control = try .prepare(host)
                try host.write(String(repeating: "this is no database. ", count: 500), to: "fleet.db")
            case .folder: control = try .prepare(host, central: "  db_path: /no/such/fleet.db")
            case .inventory:
                control = try .prepare(host)
                try host.write("clents: []\n", to: "inventory.yaml")
            case .ownPort: control = try .prepare(host, apiPort: first.port)
            }
            let up = try await host.run("up")
            #expect(up.status == 1)
            #expect(up.errors.hasPrefix("master-control: "), "\(up.errors)")
            #expect(up.errors.contains(obstacle.sentence), "\(up.errors)")
            try await control.untilNothingIsLeft()
            // It began nothing before it was sure of itself.
            #expect(host.read("logs/ticker.log").isEmpty)
            #expect(try await first.answers())
            #expect(try await hosts[0].central()?.pid == before.pid)
        }
    }

    @Test("what is in its way when it is to come back is told, and tried again until it has gone")
    func portTaken() async throws {
        try await withHost { host in
            let control = try await ControlHost.start(host)
            let ticker = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            // The pause grows each time, so that one of them is long enough.
            let thief = try await until("its port is taken") { () -> Int32? in
                if try await host.central()?.status == .running { try await host.killCentral() }
                return Self.listen(on: control.port)
            }
            let waiting = try await host.until("says what is in its way") {
                $0.status == .backoff && $0.lastError?.contains("cannot listen on 127.0.0.1:\(control.port)") == true
            }
            #expect(waiting.lastExitCode == 1)
            #expect(try await host.run("list").output.contains("ended with status 1: cannot listen on 127.0.0.1:"))
            close(thief)
            let back = try await host.until("is back") { $0.status == .running }
            #expect(back.restarts >= 1)
            #expect(try await control.answers())
            #expect(try await host.workload("ticker")?.pid == ticker.pid)
        }
    }

    /// - Returns: a socket that listens; nil where somebody has the port still.
    private static func listen(on port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, Glibc.listen(descriptor, 1) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    @Test("by hand it runs alone, says what it does on standard error, and ends by SIGTERM")
    func byHand() async throws {
        try await withHost { host in
            let control = try ControlHost.prepare(host)
            let central = try Child(
                TestHost.program, ["central"], in: host.folder,
                environment: ["PATH": "/usr/bin:/bin", "HOME": host.folder], errors: host.folder + "/central.err")
            _ = try await until("it answers") { try await control.answers() ? true : nil }
            #expect(host.read("central.err").contains(#""message":"listening""#))
            // What it has is refused to the daemon's own.
            let up = try await host.run("up")
            #expect(up.status == 1)
            #expect(up.errors.contains("another central already runs with the database './fleet.db'"), "\(up.errors)")
            central.signal(SIGTERM)
            #expect(try await central.ended() == 0)
            try await control.untilNothingIsLeft()
        }
    }
}
