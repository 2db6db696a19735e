import FleetModel
import Foundation
import TestSupport
import Testing

/// A program that goes on beside a test, with its output in a file; ended by pid with `end`.
struct Companion {
    private let child: Child
    private let host: TestHost
    private let file: String

    init(_ program: String, _ arguments: [String], on host: TestHost) throws {
        self.host = host
        file = "companion-\(UInt32.random(in: .min ... .max))"
        child = try Child(
            program, arguments, in: host.folder,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": host.folder],
            output: "\(host.folder)/\(file)", errors: "\(host.folder)/\(file)")
    }

    var output: String { host.read(file) }

    func until(_ what: String, _ isSo: (String) -> Bool) async throws {
        _ = try await TestSupport.until(what) { () -> Bool? in isSo(output) ? true : nil }
    }

    func end(_ signal: Int32 = SIGTERM) async throws {
        child.signal(signal)
        _ = try await child.ended()
    }
}

/// The events of `curl -N`, decoded.
func events(in text: String) throws -> [FleetEvent] {
    try text.components(separatedBy: "\n\n").dropLast().compactMap { block in
        var fields: [Substring: String] = [:]
        for line in block.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { continue }
            fields[line[..<colon]] = String(line[colon...].dropFirst(2))
        }
        guard let event = fields["event"], let data = fields["data"] else { return nil }
        return try FleetEvent(event: event, data: data)
    }
}

@Suite("What happens is seen at once, with the real program")
struct LiveTests {
    static let curl = "/usr/bin/curl"

    static func reader(of path: String, _ fleet: SmallFleet) throws -> Companion {
        try Companion(
            curl, ["-sSN", "-H", "Authorization: Bearer \(SmallFleet.token)", fleet.url + path], on: fleet.control)
    }

    @Test("a crash on a host reaches a reader of the central though the next heartbeat is an hour away")
    func crash() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts, interval: 3600)
            let before = try await hosts[1].until("ticker", "runs") { $0.status == .running && $0.pid != nil }
            _ = try await fleet.untilOverview("runs it") { $0.workloadsRunning == 1 }
            let reader = try Self.reader(of: "/api/fleet/events", fleet)
            try await reader.until("a snapshot came") { $0.contains("event: snapshot") }
            kill(before.pid ?? -1, SIGKILL)
            try await reader.until("the new process is shown") { text in
                (try? events(in: text))?.contains { event in
                    guard case .workload(let change) = event else { return false }
                    return change.workload.status == .running && change.workload.pid != before.pid
                        && change.workload.runCount == before.runCount + 1
                } ?? false
            }
            try await reader.end()
        }
    }

    @Test("a log followed through the central goes on through a restart, and a reader that goes frees both hops")
    func followedLog() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            _ = try await fleet.untilOverview("runs it") { $0.workloadsRunning == 1 }
            let reader = try Self.reader(of: FleetTests.workload + "/logs?lines=1&follow=true", fleet)
            try await reader.until("lines come") { $0.components(separatedBy: "data: tick").count > 3 }
            #expect(try await fleet.post(FleetTests.workload + "/restart").decoded(ActionResult.self).success)
            let seen = reader.output.components(separatedBy: "data: ").count
            try await reader.until("lines come again") { $0.components(separatedBy: "data: ").count > seen + 3 }
            let log = hosts[1].folder + "/logs/ticker.log"
            #expect(Self.descriptors(of: hosts[1].daemonPID, on: log) > 0)
            try await reader.end()
            _ = try await until("the daemon has closed the log") { () -> Bool? in
                Self.descriptors(of: hosts[1].daemonPID, on: log) == 0 ? true : nil
            }
            // Every id is the offset behind its line, so that one picks up where another left off.
            let ids = reader.output.split(separator: "\n").filter { $0.hasPrefix("id: ") }
                .compactMap { Int($0.dropFirst(4)) }
            #expect(ids == ids.sorted() && Set(ids).count == ids.count)
            let second = try Companion(
                Self.curl,
                [
                    "-sSN", "-H", "Authorization: Bearer \(SmallFleet.token)", "-H",
                    "Last-Event-ID: \(ids.dropLast().last ?? 0)",
                    fleet.url + FleetTests.workload + "/logs?follow=true",
                ], on: fleet.control)
            try await second.until("it goes on") { $0.contains("data: tick") }
            #expect(second.output.contains("id: \(ids.last ?? -1)\n"))
            try await second.end()
        }
    }

    /// How many descriptors of a process are open on a file.
    static func descriptors(of pid: Int32, on path: String) -> Int {
        let folder = "/proc/\(pid)/fd"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).count {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")) == path
        }
    }

    @Test("simulated clients report, obey, log and say goodbye, as real ones do")
    func simulation() async throws {
        try await withHosts(1) { hosts in
            let host = hosts[0]
            try host.write(
                "central:\n  enabled: true\n  host: 127.0.0.1\n  port: 0\n  api_token: \(SmallFleet.token)\n",
                to: "configs/daemon.yaml")
            try await host.up()
            let url = "http://127.0.0.1:\(try await host.port(of: "central"))"
            try host.write(SmallFleet.token + "\n", to: "token", mode: 0o600)
            let fleet = SmallFleet(control: host, client: host, url: url)
            let simulation = try Companion(
                TestHost.program,
                [
                    "simulate", "--clients", "40", "--crashes", "20", "--central", url, "--token-file", "token",
                    "--log-lines", "50",
                ], on: host)
            let clients = "/api/fleet/clients"
            func names(_ status: ClientStatus) async throws -> [String] {
                try await fleet.get(clients).decoded([ClientOverview].self).filter { $0.status == status }.map(\.name)
            }
            _ = try await until("forty are online") { try await names(.online).count == 40 ? true : nil }
            let workload = "\(clients)/gate-004/workloads/camera"
            #expect(try await fleet.post(workload + "/stop").decoded(ActionResult.self).success)
            _ = try await until("it is stopped") {
                try await fleet.get(workload).decoded(Workload.self).status == .stopped ? true : nil
            }
            #expect(try await fleet.get(workload + "/logs?lines=3").decoded(LogLines.self).lines.count == 3)
            #expect(try await fleet.post(workload + "/start").decoded(ActionResult.self).success)
            #expect(try await fleet.post("\(clients)/gate-004/reload").status == 200)
            #expect(try await fleet.post("\(clients)/gate-004/workloads/none/stop").status == 404)
            _ = try await until("some workload crashed and is back") {
                let all = try await fleet.get(clients).decoded([ClientOverview].self)
                return all.contains { $0.workloadsFailed > 0 } ? true : nil
            }
            try await simulation.end(SIGINT)
            #expect(try await names(.offline).count == 40, "\(simulation.output)")
            #expect(simulation.output.contains("heartbeats arrived, 0 did not"), "\(simulation.output)")
        }
    }

    @Test(
        "a simulation that can't be is refused in a sentence",
        arguments: [
            (["--clients", "0"], "--clients must be from 1 to 20000"),
            (["--flaky", "130%"], "--flaky"),
            (["--central", "http://192.0.2.1:8080"], "loopback"),
            (["--central", "http://127.0.0.1.example.org:8080"], "loopback"),
            (["--central", "http://127.0.0.1:1"], "cannot be reached"),
        ])
    func refusedSimulation(arguments: [String], reason: String) async throws {
        try await withHost { host in
            let spoken = try await speak(TestHost.program, ["simulate"] + arguments, in: host.folder)
            #expect(spoken.status != 0)
            #expect(spoken.errors.contains(reason), "\(spoken.errors)")
        }
    }

    @Test("both servers offer their measures to Prometheus, and its own tool finds nothing wrong with them")
    func metrics() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            _ = try await fleet.untilOverview("runs it") { $0.workloadsRunning == 1 }
            let central = try await fleet.get("/metrics", token: nil)
            #expect(central.body.contains("\nmaster_control_fleet_clients{status=\"online\"} 1\n"), "\(central.body)")
            #expect(central.body.contains("\nmaster_control_fleet_workloads{status=\"running\"} 1\n"))
            let daemon = try await hosts[1].curl(
                "--unix-socket", hosts[1].folder + "/s", "http://localhost/metrics")
            #expect(daemon.body.contains("\nmaster_control_workload_up{workload=\"ticker\"} 1\n"), "\(daemon.body)")
            #expect(daemon.body.contains("\nmaster_control_heartbeat_failures_total 0\n"))
            let promtool = "/usr/bin/promtool"
            guard FileManager.default.isExecutableFile(atPath: promtool) else { return }
            for text in [central.body, daemon.body] {
                let spoken = try await speak(promtool, ["check", "metrics"], in: hosts[0].folder, input: text + "\n")
                #expect(spoken.status == 0, "\(spoken.errors)\(spoken.output)")
            }
        }
    }
}
