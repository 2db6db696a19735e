import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("The central of a control host is a process of its own")
struct CentralProcessTests {
    @Test("a central that dies takes nobody with it, is told of, and comes back", arguments: [SIGKILL, SIGILL])
    func crash(signal: Int32) async throws {
        try await withHost { host in
            let control = try await ControlHost.start(host)
            let ticker = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            let last = try await control.untilOnline().lastSeen
            let api = try await host.port(of: "client")
            let first = try await host.killCentral(signal)
            let sentence = "ended by signal \(signal) (SIG\(signal == SIGKILL ? "KILL" : "ILL")) "
            // The daemon and its API go on meanwhile.
            let list = try await host.curl(
                "-H", "Authorization: Bearer \(ControlHost.token)", "http://127.0.0.1:\(api)/api/list")
            #expect(list.status == 200)
            let second = try await host.until("is back") { $0.status == .running && $0.pid != first }
            #expect(second.restarts == 1)
            _ = try await control.untilOnline(after: last)
            let now = try await host.workload("ticker")
            #expect(now?.pid == ticker.pid)
            #expect(now?.runCount == ticker.runCount)
            let line = try await host.run("list").lines.last ?? ""
            #expect(line.contains("running, pid \(second.pid ?? 0), since "), "\(line)")
            #expect(line.contains("1 restart (" + sentence), "\(line)")
            let told = host.read("logs/daemon.log").split(separator: "\n").filter { $0.contains("the central ended") }
            #expect(told.count == 1)
            #expect(told.first?.contains(sentence.dropLast()) == true, "\(told)")
            #expect(told.first?.contains(#""pause_seconds":"1."#) == true, "\(told)")
            // The pause grows with each further crash, so that one of them is long enough to be looked at.
            _ = try await until("list says that it waits, and why") { () -> Bool? in
                try await host.killCentral(signal)
                let line = try await host.run("list").lines.last ?? ""
                return line.contains("central: " + sentence) && line.contains("starting again in") ? true : nil
            }
        }
    }

    @Test("it is no workload: not stopped by name, not reported, and a reload does not touch it")
    func isNoWorkload() async throws {
        try await withHost { host in
            let control = try await ControlHost.start(host)
            let central = try await host.until("runs") { $0.status == .running }
            #expect(try await host.run("stop", "central").status == 1)
            #expect(try await host.run("reload").status == 0)
            #expect(try await host.workloads().map(\.name) == ["ticker"])
            #expect(try await control.untilOnline().workloadCount == 1)
            #expect(try await host.until("runs") { $0.status == .running }.pid == central.pid)
        }
    }

    @Test("it never waits for its log, has all the files it may have, and no secret among its arguments")
    func surroundings() async throws {
        try await withHost { host in
            _ = try await ControlHost.start(host)
            let pid = try await host.until("runs") { $0.status == .running && $0.pid != nil }.pid ?? 0
            func about(_ file: String) throws -> String {
                try String(contentsOfFile: "/proc/\(pid)/\(file)", encoding: .utf8)
            }
            // A disk that is full stops the keeper, and with it whoever waits for room in its pipe.
            let flags = try about("fdinfo/2").split(separator: "\n").first { $0.hasPrefix("flags:") }
            let value = flags?.split(separator: "\t").last.flatMap { Int32($0, radix: 8) } ?? 0
            #expect(value & O_NONBLOCK != 0, "\(flags ?? "")")
            let files = try about("limits").split(separator: "\n").first { $0.hasPrefix("Max open files") }
            let words = files?.split(separator: " ") ?? []
            #expect(words.count > 4 && words[3] == words[4], "\(files ?? "")")
            #expect(try !about("cmdline").contains(ControlHost.token))
        }
    }

    @Test("a daemon that dies leaves it answering, and the next one takes it over as it is")
    func takenOver() async throws {
        try await withHost { host in
            let control = try await ControlHost.start(host)
            let central = try await host.until("runs") { $0.status == .running && $0.pid != nil }
            let last = try await control.untilOnline().lastSeen
            try await host.killDaemon()
            #expect(try await control.answers())
            try await host.up()
            #expect(try await host.central()?.pid == central.pid)
            _ = try await control.untilOnline(after: last)
            // It is watched like one that this daemon has begun.
            try await host.killCentral()
            _ = try await host.until("is back") { $0.status == .running && $0.pid != central.pid }
            #expect(try await control.answers())
        }
    }

    enum Change: CaseIterable, Sendable { case settings, inventory, disabled }

    @Test(
        "the next daemon replaces it where its part of daemon.yaml or the inventory changed, and ends it where it is to be none",
        arguments: Change.allCases
    )
    func replaced(_ change: Change) async throws {
        try await withHost { host in
            let control = try await ControlHost.start(host)
            let central = try await host.until("runs") { $0.status == .running && $0.pid != nil }
            try await host.killDaemon()
            switch change {
            case .settings: try control.configure(token: "another-token-of-the-test")
            case .inventory: try host.write("clients:\n  - {name: new, host: 127.0.0.1}\n", to: "inventory.yaml")
            case .disabled:
                let text = host.read("configs/daemon.yaml")
                let changed = text.replacingOccurrences(
                    of: "central:\n  enabled: true", with: "central:\n  enabled: false")
                try host.write(changed, to: "configs/daemon.yaml")
            }
            try await host.up()
            #expect(!control.isAlive(central.pid))
            if change == .disabled {
                #expect(try await host.central() == nil)
                #expect(try await !control.answers())
                return
            }
            let now = try await host.until("runs") { $0.status == .running }
            #expect(now.pid != central.pid)
            switch change {
            case .settings:
                let old = try await control.get("/api/fleet/audit")
                #expect(old?.status == 401)
            case .inventory:
                let clients = try await control.get("/api/fleet/clients")?.decoded([ClientOverview].self)
                #expect(clients?.contains { $0.name == "new" } == true)
            case .disabled: break
            }
        }
    }

    @Test("down ends both, and the central hears the goodbye before; with --keep-workloads too")
    func down() async throws {
        try await withHost { host in
            let control = try await ControlHost.start(host)
            let ticker = try await host.until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            let first = try await host.until("runs") { $0.status == .running && $0.pid != nil }
            #expect(try await host.run("down", "--keep-workloads").status == 0)
            #expect(!control.isAlive(first.pid))
            #expect(control.isAlive(ticker.pid))
            try await host.untilDown()
            try await host.up()
            _ = try await control.untilOnline()
            let second = try await host.until("runs") { $0.status == .running && $0.pid != nil }
            #expect(second.pid != first.pid)
            #expect(try await host.run("down").status == 0)
            #expect(!control.isAlive(second.pid))
            #expect(!control.isAlive(ticker.pid))
            try await host.untilDown()
            try await control.untilNothingIsLeft()
            // As the last report came, so it was stored: in the file, or in the log that belongs to it.
            let stored = ["fleet.db", "fleet.db-wal"].compactMap {
                try? Data(contentsOf: URL(fileURLWithPath: host.folder + "/" + $0))
            }
            #expect(stored.contains { $0.range(of: Data(#""goodbye":true"#.utf8)) != nil })
        }
    }

    /// How far a start has come.
    enum Moment: CaseIterable, Sendable {
        case atOnce, log, keeper, listening, socket

        func hasCome(_ control: ControlHost) async throws -> Bool {
            let host = control.host
            return switch self {
            case .atOnce: true
            case .log: !host.read("logs/daemon.log").isEmpty
            case .keeper: control.processes.contains { $0.contains("mc-keeper") }
            case .listening: try await control.answers()
            case .socket: FileManager.default.fileExists(atPath: host.folder + "/s")
            }
        }
    }

    @Test("SIGTERM ends all of it, whenever it comes", arguments: Moment.allCases)
    func term(_ moment: Moment) async throws {
        try await withHost { host in
            let control = try ControlHost.prepare(host)
            let up = try Child(
                TestHost.program, ["up"], in: host.folder,
                environment: ["PATH": "/usr/bin:/bin", "HOME": host.folder, "MCTL_SOCKET_PATH": host.folder + "/s"])
            _ = try await until("it is as far as \(moment)") { try await moment.hasCome(control) ? true : nil }
            up.signal(SIGTERM)
            _ = try await up.ended()
            try await control.untilNothingIsLeft()
        }
    }
}
