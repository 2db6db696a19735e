import FleetModel
import FoundationEssentials
import NIOCore
import TestSupport
import Testing

@testable import CentralServer

/// The fast reader and the general decoder are never of two opinions.
@Suite("Reading heartbeats")
struct HeartbeatReaderTests {
    static let least =
        #"{"client_name":"a","timestamp":"2026-01-31T10:00:00","deployed_version":null,"workloads":[],"system":null}"#

    static func full(_ change: (inout Heartbeat) -> Void = { _ in }) -> Heartbeat {
        var workload = Workload(name: "w", type: .agent, runMode: .nTimes, status: .running, runCount: 3)
        workload.pid = 1234
        workload.lastStarted = Timestamp(milliseconds: 1_700_000_000_123)
        workload.lastError = "ValueError: \"x\"\n/tmp\té"
        workload.memoryLimitMB = 256
        workload.cpuNice = -5
        workload.lastExitCode = -1
        workload.lastSignal = "KILL"
        workload.restarts = 7
        workload.rssMB = 12.345
        workload.cpuPercent = 0.1
        workload.uptimeSeconds = 1e-2
        var heartbeat = Heartbeat(
            clientName: "a", timestamp: Timestamp(milliseconds: 1_700_000_000_000), workloads: [workload, workload])
        heartbeat.deployedVersion = "1.3.0+b"
        heartbeat.deployedDigest = String(repeating: "0f", count: 32)
        heartbeat.system = SystemMetrics(
            cpuPercent: 33.3, memoryUsedMB: 1000, memoryTotalMB: 3904.25, diskUsedGB: 0, diskTotalGB: 28.9)
        heartbeat.apiPort = 9100
        heartbeat.advertiseHost = "a.lan"
        heartbeat.bootID = "b"
        heartbeat.sequence = 1_795_465_648_000
        heartbeat.programVersion = "0.1.0"
        heartbeat.host = HostInfo(
            hostname: "h", os: "Debian", architecture: "arm64", uptimeSeconds: 5, load: [0.1, 2, 30])
        heartbeat.goodbye = true
        change(&heartbeat)
        return heartbeat
    }

    @Test("a whole report is read as the general decoder reads it")
    func whole() throws {
        let data = try JSONEncoder().encode(Self.full())
        #expect(HeartbeatReader.read(ByteBuffer(bytes: data)) == Self.full())
    }

    @Test("the five fields of other implementations are enough, and a time without a zone is UTC")
    func fiveFields() {
        let heartbeat = HeartbeatReader.read(ByteBuffer(string: Self.least))
        #expect(heartbeat?.clientName == "a")
        #expect(heartbeat?.timestamp.description == "2026-01-31T10:00:00.000Z")
    }

    @Test(
        "what is unusual is left to the general decoder or read the same",
        arguments: [
            #"{"x":{"y":[1,-2.5,"z\n",true,null,{}]},"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[]}"#,
            #" { "client_name" : "\u0061\u00e9" , "timestamp":"2026-01-31T10:00:00+01:00","workloads":[ ] } "#,
            #"{"client_name":"a","client_name":"b","timestamp":"2026-01-31T10:00:00Z","workloads":[]}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"api_port":9.1e3}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"api_port":9100.0}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"api_port":09100}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"sequence":9223372036854775807}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"sequence":9223372036854775808}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"sequence":-0}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"sequence":"1"}"#,
            #"{"client_name":"a","timestamp":"yesterday","workloads":[]}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":null}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z"}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[]}x"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[{"name":"w","type":"robot","run_mode":"forever","status":"running","run_count":0}]}"#,
            #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[{"name":"w","type":"agent","run_mode":"forever","status":"running","run_count":0,"pid":4294967296}]}"#,
            "", "[]", "null", "{", "{}", "\"a\"", "{\"client_name\":\"a\u{1}\"}",
        ])
    func unusual(text: String) { agree(Array(text.utf8)) }

    @Test("bytes changed at random are read alike or refused alike", arguments: 0..<40)
    func changed(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        let whole = Array(try JSONEncoder().encode(Self.full()))
        for _ in 0..<25 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = Array(#"{}[]":,.\0123456789-+eEntfu"#.utf8).randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: place)
                default: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                }
            }
            agree(bytes)
        }
    }

    @Test("numbers are the same to the last bit", arguments: 0..<20)
    func numbers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed &+ 7)
        for _ in 0..<50 {
            let number = Double.random(in: -1e6...1e6, using: &random)
            let rounded = (number * 1000).rounded() / 1000
            for value in [number, rounded] {
                agree(
                    Array(
                        #"{"client_name":"a","timestamp":"2026-01-31T10:00:00Z","workloads":[],"host":{"hostname":"h","os":"o","architecture":"a","uptime_seconds":\#(value),"load":[\#(value)]}}"#
                            .utf8))
            }
        }
    }

    /// The fast reader may pass; where it does not, the general decoder reads the same.
    private func agree(_ bytes: [UInt8]) {
        guard let fast = HeartbeatReader.read(ByteBuffer(bytes: bytes)) else { return }
        let general = try? JSONDecoder().decode(Heartbeat.self, from: Data(bytes))
        let isSame = fast == general
        #expect(isSame, "\(String(decoding: bytes, as: UTF8.self))")
    }
}
