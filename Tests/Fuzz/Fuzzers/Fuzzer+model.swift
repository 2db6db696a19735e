import FleetModel
import Foundation
import NIOCore
import TestSupport

@testable import CentralServer
@testable import DaemonCore

extension Fuzzer {
    static let timestamps = Fuzzer(
        "timestamps",
        seeds: [
            "2026-01-31T23:59:59.123Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999-23:59",
            "0000-01-01T00:00:00+23:59",
            "2028-02-29 12:00:60.5+0530", "2026-01-01t00:00:00z",
        ], pieces: ["-", ":", "T", "Z", "+", ".", "0000", "9999", "23:59", "02-29", " "], short: 4000
    ) { bytes, chance in
        let text = String(decoding: bytes, as: UTF8.self)
        let other = Timestamp(milliseconds: Int64(bitPattern: chance.next()) >> Int64(chance.below(40)))
        let time = Timestamp(text) ?? Timestamp(seconds: Double(bitPattern: chance.next()))
        for time in [time, other, time.advanced(seconds: Double(bitPattern: chance.next()))] {
            try expect(time.description.utf8.count == 24, "\(time) has another length")
            try expect(Timestamp(time.description) == time, "\(time) is read as another time")
            try expect(time.seconds(since: other).isFinite, "\(time) is no number of seconds from \(other)")
            let civil = CivilTime(utcSeconds: Int64(bitPattern: chance.next()))
            try expect((0...6).contains(civil.weekday) && (1...12).contains(civil.month), "\(civil)")
        }
        return Timestamp(text) != nil
    }

    static let cron = Fuzzer(
        "cron",
        seeds: [
            "*/5 * * * *", "30 2 * * mon-fri", "0 0 29 2 */7", "@hourly", "0,15,30-45/5 1-23/2 1,15 jan-dec 0-7",
            "59 23 31 12 7",
        ], pieces: ["*", "/", "-", ",", " ", "@daily", "mon", "dec", "0", "59", "7", "99", "\t", "*/1"], short: 2000
    ) { bytes, chance in
        guard let schedule = try? CronExpression(String(decoding: bytes, as: UTF8.self)) else { return false }
        let zone = FixedZone(secondsEast: chance.below(100_000) - 50_000)
        var time = Timestamp(milliseconds: Int64(bitPattern: chance.next()) >> Int64(20 + chance.below(20)))
        for _ in 0..<3 {
            guard let next = schedule.next(after: time, in: zone) else { return true }
            try expect(next > time, "\(next) is not after \(time)")
            time = next
        }
        return true
    }

    static let keeper = Fuzzer(
        "keeper",
        seeds: [
            "keeper 1 4242 7", "started 4242 99887 1750000000123", "failed exec 2", "ended exit 0 1",
            "ended signal 9 1",
            "log-error 28", "log-ok", "stuck 3",
            "generation=7\nrun_id=abc\nboot_id=def\npid=4242\nstart=99887\nended=exit\ncode=3\n",
            "cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 2 3 4\n",
            "MemTotal: 4000 kB\nMemFree: 10 kB\nMemAvailable: 100 kB\n",
        ],
        pieces: [" ", "\n", "=", "-", "exit", "signal", "started ", "ended ", "keeper ", "pid=", "cpu ", "MemTotal:"],
        short: 3000
    ) { bytes, _ in
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n") {
            if case .started(_, _, let at)? = KeeperMessage(line: line) { _ = at.description }
        }
        if let (busy, all) = HostSampler.busy(text) { try expect(busy <= all, "busier than busy") }
        return KeeperMessage(line: text) != nil || KeeperRecord(text: text) != nil || HostSampler.memory(text) != nil
    }

    /// What a store may hold: read, and gone on with.
    static let stored = Fuzzer(
        "stored",
        seeds: [
            #"{"name":"w","wantedUp":true,"enabled":true,"status":"running","generation":7,"pid":42,"runCount":3,"finishedRuns":1,"failuresInRow":2,"restarts":4,"lastStarted":"2026-01-31T10:00:00.000Z","nextRun":"2026-01-31T11:00:00.000Z"}"#,
            #"{"name":"w","wantedUp":false,"enabled":true,"status":"backoff","generation":9223372036854775807,"runCount":9223372036854775807,"finishedRuns":9223372036854775807,"failuresInRow":9223372036854775807,"restarts":9223372036854775807}"#,
            Stored.deployment,
        ],
        pieces: [
            "{", "}", "[", "]", ",", ":", "null", "true", #""status":"failed""#, #""runCount":9223372036854775807"#,
            #""status":"unknown""#, #""generation":-9223372036854775808"#, #""step":"sync""#,
            #""number":9223372036854775807"#,
        ], short: 1500
    ) { bytes, chance in
        return try Stored.goOn(bytes, &chance)
    }
}

private enum Stored {
    static var deployment: String {
        let deployment = DeploymentMachine(
            id: "d1", request: DeploymentRequest(version: "1.2"), targets: ["a", "b", "c"],
            createdAt: Timestamp(milliseconds: 1_700_000_000_000), createdBy: "x")
        return (try? JSONEncoder().encode(deployment)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    static func goOn(_ bytes: [UInt8], _ chance: inout SeededRandom) throws -> Bool {
        let data = Data(bytes)
        var isTaken = false
        if let record = try? JSONDecoder().decode(WorkloadRecord.self, from: data) {
            isTaken = true
            var spec = WorkloadSpec(name: "w", program: .command(["true"]))
            spec.runMode = chance.pick(RunMode.allCases) ?? .forever
            spec.schedule = try? CronExpression("*/5 * * * *")
            spec.maxRestarts = chance.below(3)
            var machine = WorkloadMachine(spec: spec, record: record, zone: FixedZone.utc)
            var now = Moment(wall: Timestamp(milliseconds: 1_790_000_000_000), monotonic: 1000)
            for _ in 0..<12 {
                let generation = machine.record.generation
                let events: [WorkloadMachine.Event] = [
                    .begin, .tick, .start, .stop, .restart, .launched(generation: generation, pid: 7),
                    .recovered(generation: generation, pid: 8, startedAt: record.lastStarted ?? .earliest),
                    .ended(generation: generation, outcome: .exited(1), detail: nil),
                ]
                _ = machine.handle(chance.pick(events) ?? .tick, at: now, chance: 0.5)
                _ = machine.deadlines.map { $0.seconds(from: now) }
                now.monotonic += 100
                now.wall = now.wall.advanced(seconds: 100)
            }
        }
        if var deployment = try? JSONDecoder().decode(DeploymentMachine.self, from: data) {
            isTaken = true
            for _ in 0..<12 {
                let client = chance.pick(deployment.clients)
                let events: [DeploymentEvent] = [
                    .start, .pause, .resume, .cancel("me"),
                    .ended(client: client?.name ?? "", number: client?.number ?? 0, .done),
                    .ended(client: client?.name ?? "", number: client?.number ?? 0, .failed("x")),
                    .ended(client: client?.name ?? "", number: client?.number ?? 0, .previous("1.0")),
                ]
                _ = deployment.handle(chance.pick(events) ?? .start, at: Timestamp(milliseconds: 1_790_000_000_000))
                _ = try JSONEncoder().encode(deployment.status)
            }
        }
        return isTaken
    }
}
