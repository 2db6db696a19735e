import FleetModel
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Testing

@testable import CentralServer

/// A report is taken as far as it can be understood.
@Suite("Odd reports", .timeLimit(.minutes(2)))
struct OddReportTests {
    private static func report(_ workloads: String = "", _ rest: String = "") -> String {
        #"{"client_name":"a","timestamp":"2026-01-01T00:00:00Z","workloads":[\#(workloads)]\#(rest)}"#
    }

    private static func workload(_ rest: String, name: String = "w") -> String {
        #"{"name":"\#(name)","type":"agent","run_mode":"forever","status":"running","run_count":1\#(rest)}"#
    }

    /// What the central keeps of it, by both readers where the fast one reads it.
    private static func understood(_ text: String) throws -> Heartbeat {
        let buffer = ByteBuffer(string: text)
        var general = try JSONDecoder().decode(Heartbeat.self, from: Data(text.utf8))
        HeartbeatCheck.tidy(&general)
        if var fast = HeartbeatReader.read(buffer) {
            HeartbeatCheck.tidy(&fast)
            let isSame = fast == general
            #expect(isSame, "\(text)")
        }
        return general
    }

    @Test(
        "a word that is none of ours is unknown, and its text is kept",
        arguments: [
            (#"{"name":"w","type":"container","run_mode":"forever","status":"running"}"#, "type 'container'"),
            (#"{"name":"w","type":"agent","run_mode":"forever","status":"hibernating"}"#, "status 'hibernating'"),
            (
                #"{"name":"w","type":"a","run_mode":"b","status":"c"}"#, "type 'a', run mode 'b', status 'c'"
            ),
        ])
    func unknownWords(text: String, unknown: String) throws {
        let workload = try #require(Self.understood(Self.report(text)).workloads.first)
        #expect(workload.unknownText == unknown)
        #expect([workload.type == .unknown, workload.status == .unknown].contains(true))
        let again = try JSONDecoder().decode(Workload.self, from: JSONEncoder().encode(workload))
        #expect(again == workload)
    }

    @Test("what is left out has its default")
    func defaults() throws {
        let heartbeat = try Self.understood(#"{"client_name":"a","timestamp":"2026-01-01T00:00:00"}"#)
        #expect(heartbeat.workloads.isEmpty && heartbeat.warnings.isEmpty)
        let workload = try #require(Self.understood(Self.report(#"{"name":"w"}"#)).workloads.first)
        #expect(workload == Workload(name: "w", type: .unknown, runMode: .forever, status: .unknown))
    }

    @Test(
        "a workload that makes no sense is left out, the others stay, and a warning says so",
        arguments: [
            (workload("", name: "a b"), "workload 'a b' is left out"), (workload("", name: ""), "workload ''"),
            (workload("", name: "../w"), "workload '../w'"), (workload("", name: "good"), "'good' is there twice"),
            ("7", "without a name"), ("null", "without a name"), ("[]", "without a name"), ("{}", "without a name"),
            (#"{"name":7,"type":"agent"}"#, "without a name"),
        ])
    func leftOut(text: String, warning: String) throws {
        let heartbeat = try Self.understood(
            Self.report(
                [Self.workload("", name: "good"), text, Self.workload("", name: "last")].joined(separator: ",")))
        #expect(heartbeat.workloads.map(\.name) == ["good", "last"])
        #expect(heartbeat.warnings.contains { $0.contains(warning) })
    }

    @Test(
        "a number that cannot be is not known, or the nearest that can",
        arguments: [
            (#","pid":-1"#, \Workload.pid, nil), (#","pid":0"#, \.pid, nil), (#","pid":1e300"#, \.pid, nil),
            (#","pid":"7""#, \.pid, nil), (#","last_exit_code":4294967296"#, \.lastExitCode, nil),
            (#","pid":12"#, \.pid, 12), (#","pid":12.0"#, \.pid, 12),
        ] as [(String, KeyPath<Workload, Int32?> & Sendable, Int32?)])
    func smallNumbers(text: String, path: KeyPath<Workload, Int32?> & Sendable, number: Int32?) throws {
        #expect(try Self.understood(Self.report(Self.workload(text))).workloads.first?[keyPath: path] == number)
    }

    @Test(
        "so it is for sizes and times",
        arguments: [
            (#","rss_mb":1e300"#, \Workload.rssMB, 1e12), (#","rss_mb":-1"#, \.rssMB, nil),
            (#","rss_mb":1e999"#, \.rssMB, nil), (#","cpu_percent":"a lot""#, \.cpuPercent, nil),
            (#","uptime_seconds":12.5"#, \.uptimeSeconds, 12.5),
        ] as [(String, KeyPath<Workload, Double?> & Sendable, Double?)])
    func sizes(text: String, path: KeyPath<Workload, Double?> & Sendable, number: Double?) throws {
        #expect(try Self.understood(Self.report(Self.workload(text))).workloads.first?[keyPath: path] == number)
    }

    @Test(
        "counts are never so large that counting on would end the process",
        arguments: ["1e300", "9223372036854775807", "9223372036854775808", "999999999999999999", "-5", "null", "[]"])
    func counts(number: String) throws {
        let report = Self.report(
            #"{"name":"w","type":"agent","run_mode":"forever","status":"running","run_count":\#(number),"restarts":\#(number),"memory_limit_mb":\#(number),"cpu_nice":\#(number)}"#,
            #","sequence":\#(number),"api_port":\#(number)"#)
        let heartbeat = try Self.understood(report)
        let workload = try #require(heartbeat.workloads.first)
        #expect((0...1 << 48).contains(workload.runCount))
        #expect((0...1 << 48).contains(workload.restarts ?? 0))
        #expect((0...1 << 48).contains(workload.memoryLimitMB ?? 0))
        #expect((-20...19).contains(workload.cpuNice ?? 0))
        #expect(abs(heartbeat.sequence ?? 0) <= 1 << 53)
        #expect(heartbeat.apiPort == nil)
    }

    @Test("of workloads beyond number as many are taken as may be, in little time", arguments: ["{}", "7", "full"])
    func tooMany(text: String) throws {
        let one = text == "full" ? Self.workload("", name: "w") : text
        let report = Self.report(String(repeating: one + ",", count: (3 << 20) / (one.utf8.count + 1)) + one)
        let spent = try ContinuousClock().measure {
            let heartbeat = try Self.understood(report)
            #expect(heartbeat.workloads.count == (text == "full" ? 1 : 0))
            #expect(heartbeat.warnings.count <= HeartbeatCheck.mostWarnings + 1)
        }
        // Unoptimised, beside other tests.
        #expect(spent < .seconds(20), "\(spent)")
    }

    @Test("a text that is too long is cut")
    func longTexts() throws {
        let long = String(repeating: "é", count: 5000)
        let heartbeat = try Self.understood(
            Self.report(
                Self.workload(#","last_error":"\#(long)","version":"\#(long)","release":"\#(long)""#),
                #","deployed_version":"\#(long)","boot_id":"\#(long)","host":{"hostname":"\#(long)","os":"o","architecture":"a","uptime_seconds":-1,"load":[1,2,3,4,5,6,7,8,9]}"#
            ))
        let workload = try #require(heartbeat.workloads.first)
        for (text, most) in [
            (workload.lastError, 4096), (workload.version, 4096), (workload.release, 4096),
            (heartbeat.deployedVersion, 64), (heartbeat.bootID, 128), (heartbeat.host?.hostname, 256),
        ] {
            let text = try #require(text)
            #expect(text.utf8.count <= most && text.utf8.count > most - 8)
            #expect(text.hasSuffix("é…"))
        }
        #expect(heartbeat.host?.load.count == 8)
        #expect(heartbeat.host?.uptimeSeconds == 0)
    }

    @Test("measures out of range are those next to it, which is told of")
    func system() throws {
        let odd =
            #","system":{"cpu_percent":-1,"memory_used_mb":1e300,"memory_total_mb":4,"disk_used_gb":5,"disk_total_gb":6}"#
        let heartbeat = try Self.understood(Self.report("", odd))
        #expect(
            heartbeat.system
                == SystemMetrics(cpuPercent: 0, memoryUsedMB: 1e12, memoryTotalMB: 4, diskUsedGB: 5, diskTotalGB: 6))
        #expect(
            heartbeat.warnings == ["'system.cpu_percent' cannot be -1.0", "'system.memory_used_mb' cannot be 1e+300"])
    }

    @Test(
        "a field that makes no sense is named, and takes no other with it",
        arguments: [
            (#""memory_used_mb":"2""#, "system.memory_used_mb"), (#""memory_used_mb":null"#, "system.memory_used_mb"),
            (#""memory_used_mb":1e999"#, "system.memory_used_mb"), (#""x":1"#, "system.memory_used_mb"),
        ])
    func oddMeasure(field: String, name: String) throws {
        let heartbeat = try Self.understood(
            Self.report(
                "", #","system":{"cpu_percent":1,\#(field),"memory_total_mb":4,"disk_used_gb":5,"disk_total_gb":6}"#))
        #expect(
            heartbeat.system
                == SystemMetrics(cpuPercent: 1, memoryUsedMB: 0, memoryTotalMB: 4, diskUsedGB: 5, diskTotalGB: 6))
        #expect(heartbeat.warnings == ["'\(name)' is not what it should be, and is left out"])
    }

    @Test(
        "so it is for the host and the fields beside it",
        arguments: [
            (#""host":{"hostname":7,"os":"o","architecture":"a","uptime_seconds":5,"load":[1]}"#, "host.hostname"),
            (#""host":{"hostname":"h","os":"o","architecture":"a","uptime_seconds":5,"load":[1,"x"]}"#, "host.load"),
            (#""system":7"#, "system"), (#""host":[]"#, "host"), (#""advertise_host":7"#, "advertise_host"),
            (#""api_port":"80""#, "api_port"), (#""boot_id":{}"#, "boot_id"), (#""sequence":"1""#, "sequence"),
            (#""goodbye":"yes""#, "goodbye"), (#""program_version":1"#, "program_version"),
            (#""deployed_version":1.2"#, "deployed_version"),
        ])
    func oddField(field: String, name: String) throws {
        let heartbeat = try Self.understood(Self.report(Self.workload(""), ",\(field)"))
        #expect(heartbeat.workloads.count == 1)
        #expect(heartbeat.warnings == ["'\(name)' is not what it should be, and is left out"])
        if name.hasPrefix("host.") {
            #expect(heartbeat.host?.architecture == "a" && heartbeat.host?.uptimeSeconds == 5)
        } else {
            #expect(heartbeat.host == nil && heartbeat.system == nil)
        }
    }

    @Test("a part of which nothing makes sense is not known")
    func oddParts() throws {
        for other in [#","system":{}"#, #","system":{"cpu_percent":"x"}"#, #","host":{}"#, #","advertise_host":"a/b""#]
        {
            let heartbeat = try Self.understood(Self.report("", other))
            #expect(heartbeat.system == nil && heartbeat.host == nil && heartbeat.advertiseHost == nil)
            #expect(!heartbeat.warnings.isEmpty)
        }
    }

    @Test("a letter with a million marks on it is a short warning")
    func endlessLetter() async throws {
        let letter = "a" + String(repeating: "\u{301}", count: 1_000_000)
        try await TestCentral.run(settings: .guarded) { central async throws in
            for workload in [#"{"name":"\#(letter)"}"#, #"{"name":"a","type":"\#(letter)","status":"\#(letter)"}"#] {
                let answer = try await central.ask(.POST, "/api/heartbeat", body: Self.report(workload))
                #expect(answer.status == 200)
                #expect(answer.text.utf8.count < 2000)
            }
        }
    }

    @Test("the client is there, with what was understood, and is told what was not")
    func overTheWire() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let body = Self.report(
                [
                    Self.workload("", name: "good"), Self.workload("", name: "bl ank"),
                    #"{"name":"c","type":"container"}"#,
                ]
                .joined(separator: ","))
            let answer = try await central.ask(.POST, "/api/heartbeat", body: body)
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix(#"{"status":"ok","warnings":["workload 'bl ank' is left out"#))
            let shown = try await central.ask(.GET, "/api/fleet/clients/a/workloads").json([Workload].self)
            #expect(shown.map(\.name) == ["good", "c"])
            #expect(shown.last?.unknownText == "type 'container'")
        }
    }
}
