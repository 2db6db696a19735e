import FleetConfig
import FleetHTTP
import FleetModel
import Foundation
import Logging
import NIOCore

@testable import CentralServer

extension Fuzzer {
    /// Both readers of reports, and what becomes of one: in the picture of the fleet, in the store, and with those who
    /// follow the events.
    static let reports = Fuzzer(
        "reports",
        seeds: [
            Reports.full,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00","deployed_version":null,"workloads":[],"system":null}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[{"name":"w","type":"container","status":"odd"},{"name":"a b"},7]}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[{"name":"w","last_started":"0000-01-01T00:00:00+23:59"}],"goodbye":true}"#,
            // A letter with more marks on it than a line has room for: one grapheme cluster of 8 KiB.
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[{"name":"w","type":"agent","run_mode":"forever","status":"running","run_count":1,"last_error":"e"#
                + String(repeating: "\u{301}", count: 4096) + #""},{"name":"e"#
                + String(repeating: "\u{301}", count: 100) + #""}]}"#,
        ],
        pieces: [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "false", "\\u0000", "\\ud800", "\\u009b",
            "\u{9B}", "é",
            #""pid":-1,"#, #""name":"w","#, #""run_count":1e300,"#, #""rss_mb":1e999,"#,
            #""timestamp":"9999-12-31T23:59:59-23:59","#,
            #""workloads":[{"name":"x"}],"#, #""type":"container","#, #""sequence":18446744073709551616,"#,
            #""api_port":70000,"#,
            #""host":{"hostname":"h","os":"o","architecture":"a","uptime_seconds":-1,"load":[1e400]},"#,
        ]
    ) { bytes, chance in
        let text = ByteBuffer(bytes: bytes)
        let general = Result { try JSONDecoder().decode(Heartbeat.self, from: Data(bytes)) }
        if let fast = HeartbeatReader.read(text) {
            let other = try general.get()
            try expect(fast == other, "the readers differ: \(fast) \(other)")
        }
        guard var heartbeat = try? HeartbeatText.read(text), HeartbeatCheck.problem(of: heartbeat) == nil else {
            return false
        }
        HeartbeatCheck.tidy(&heartbeat)
        let warnings = heartbeat.warnings
        try expect(warnings.count <= HeartbeatCheck.mostWarnings + 1, "\(warnings.count) warnings")
        heartbeat.warnings = []
        var again = heartbeat
        HeartbeatCheck.tidy(&again)
        try expect(again == heartbeat, "what was made tidy is not: \(heartbeat)")
        try Reports.show(heartbeat)
        try Reports.follow(heartbeat, text, warnings)
        return true
    }
}

private enum Reports {
    static var full: String {
        var workload = Workload(name: "w", type: .agent, runMode: .nTimes, status: .running, runCount: 3)
        workload.pid = 1234
        workload.lastStarted = Timestamp(milliseconds: 1_700_000_000_123)
        workload.lastError = "ValueError: \"x\"\n/tmp\té"
        workload.memoryLimitMB = 256
        workload.cpuNice = -5
        workload.restarts = 7
        workload.rssMB = 12.345
        workload.cpuPercent = 0.1
        workload.uptimeSeconds = 1e-2
        workload.nextRun = Timestamp(milliseconds: 1_800_000_000_000)
        var heartbeat = Heartbeat(
            clientName: "a", timestamp: Timestamp(milliseconds: 1_700_000_000_000), workloads: [workload])
        heartbeat.deployedVersion = "1.3.0+b"
        heartbeat.system = SystemMetrics(
            cpuPercent: 33.3, memoryUsedMB: 1000, memoryTotalMB: 3904.25, diskUsedGB: 0, diskTotalGB: 28.9)
        heartbeat.apiPort = 9100
        heartbeat.advertiseHost = "a.lan"
        heartbeat.bootID = "b"
        heartbeat.sequence = 1_795_465_648_000
        heartbeat.host = HostInfo(
            hostname: "h", os: "Debian", architecture: "arm64", uptimeSeconds: 5, load: [0.1, 2, 30])
        return (try? JSONEncoder().encode(heartbeat)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// One central for all inputs, so that what each leaves behind adds up.
    private static let state = try? FleetState(
        store: MemoryFleetStore(), inventory: Inventory(), threshold: 90,
        now: { CentralMoment(wall: Timestamp(milliseconds: 1_790_000_000_000), monotonic: 50) },
        logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })

    /// The way of a report through a central that runs: in, to the store and the log, and out to who follows.
    static func follow(_ heartbeat: Heartbeat, _ text: ByteBuffer, _ warnings: [String]) throws {
        guard let state else { throw Finding("there is no central") }
        let before = state.events.position
        try state.receive(
            KnownClient(
                heartbeat: heartbeat, text: text, lastSeen: state.time.wall, peer: nil, showedAPIToken: false,
                clockSkew: heartbeat.timestamp.seconds(since: state.time.wall)))
        if !warnings.isEmpty { state.tell(warnings, of: heartbeat.clientName) }
        state.flush()
        state.tick()
        if case .events(let events, _) = state.events.read(after: before, seesGuarded: false) {
            for line in String(buffer: events).split(separator: "\n") where line.hasPrefix("data: ") {
                _ = try JSONDecoder().decode(JSONValue.self, from: Data(line.dropFirst(6).utf8))
            }
        }
        let entry = AuditEntry(
            time: state.time.wall, who: "fuzz", address: nil, action: "forget", target: heartbeat.clientName,
            result: "ok")
        try expect(try state.forget(heartbeat.clientName, noting: entry), "it is not there")
    }

    /// As all that ask the central see it.
    static func show(_ heartbeat: Heartbeat) throws {
        let now = CentralMoment(wall: Timestamp(milliseconds: 1_790_000_000_000), monotonic: 50)
        var picture = FleetPicture(staleness: Staleness(threshold: 90, startedAt: 0), inventory: Inventory())
        let client = KnownClient(
            heartbeat: heartbeat, text: ByteBuffer(), lastSeen: now.wall, peer: "10.0.0.1", showedAPIToken: true,
            clockSkew: heartbeat.timestamp.seconds(since: now.wall))
        _ = picture.receive(client, at: now)
        _ = picture.receive(client, at: now)
        let overviews = picture.overviews(at: now)
        let text = picture.overviewsText(at: now)
        let read = try JSONDecoder().decode([ClientOverview].self, from: Data(text.readableBytesView))
        try expect(read.map(\.name) == overviews.map(\.name), "another picture is read than was written")
        var snapshot = ByteBuffer()
        picture.writeSnapshot(at: now, into: &snapshot)
        let whole = try JSONDecoder().decode(FleetSnapshot.self, from: Data(snapshot.readableBytesView))
        try expect(whole.clients.first?.workloads.count == heartbeat.workloads.count, "a workload was lost on the way")
        let history = FleetHistory(nil, now: now.wall)
        history.sample(overviews, at: now.wall)
        for overview in overviews { _ = history.series(of: overview.name).map { Sparkline.path($0) } }
    }
}
