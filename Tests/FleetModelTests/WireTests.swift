import FleetModel
import Foundation
import Testing

@Suite("The wire")
struct WireTests {
    @Test(
        "a name in a path is percent-encoded",
        arguments: [
            ("collector", "collector"), ("a.b_c-d~e+f", "a.b_c-d~e+f"), ("a b", "a%20b"), ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"), ("ä", "%C3%A4"), ("a?b#c", "a%3Fb%23c"), ("%41", "%2541"), ("a\nb", "a%0Ab"), ("", ""),
        ])
    func encodes(name: String, encoded: String) {
        #expect(DaemonEndpoint.status.path(name) == "/api/status/\(encoded)")
    }

    @Test("placeholders are filled from the left")
    func order() {
        #expect(
            CentralEndpoint.act(.start).path("node 1", "{name}")
                == "/api/fleet/clients/node%201/workloads/%7Bname%7D/start")
        #expect(CentralEndpoint.clients.path() == "/api/fleet/clients")
    }

    @Test("what is not known of a workload is null, and every name is there")
    func workloadNulls() throws {
        let workload = Workload(name: "x", type: .agent, runMode: .nTimes, status: .registered)
        let object = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(workload)) as? [String: Any])
        let nulls = object.filter { $0.value is NSNull }.keys
        #expect(
            nulls.sorted() == [
                "cpu_nice", "cpu_percent", "last_error", "last_exit_code", "last_signal", "last_started",
                "last_stopped", "memory_limit_mb", "next_run", "pid", "restarts", "rss_mb", "uptime_seconds", "version",
            ])
        #expect(object["run_mode"] as? String == "n_times")
        #expect(object["run_count"] as? Int == 0)
        #expect(object.count == 19)
    }

    @Test("a workload is read whether unknown values are null or left out")
    func workloadReads() throws {
        let short = #"{"name":"x","type":"agent","run_mode":"forever","status":"running","run_count":2,"new":1}"#
        let read = try JSONDecoder().decode(Workload.self, from: Data(short.utf8))
        #expect(read.runCount == 2)
        #expect(read.pid == nil)
        #expect(try JSONDecoder().decode(Workload.self, from: JSONEncoder().encode(read)) == read)
    }

    @Test("the detail of a workload shows no secrets")
    func detailRedacts() throws {
        var spec = WorkloadSpec(
            name: "x",
            program: .module("m", entryPoint: "run", params: ["api_key": .string("s3cret")], python: "python3"))
        spec.env = ["DB_PASSWORD": "s3cret", "HOST": "h"]
        let detail = WorkloadDetail(
            Workload(name: "x", type: .agent, runMode: .forever, status: .running), spec: spec)
        let text = String(decoding: try JSONEncoder().encode(detail), as: UTF8.self)
        #expect(!text.contains("s3cret"))
        #expect(text.contains("\"HOST\":\"h\""))
    }

    @Test("a change of tags alone needs no restart, any other does")
    func runsLike() {
        let spec = WorkloadSpec(name: "x", program: .command(["sleep", "1"]))
        var tagged = spec
        tagged.tags = ["a"]
        var longer = spec
        longer.program = .command(["sleep", "2"])
        #expect(spec.runsLike(tagged))
        #expect(!spec.runsLike(longer))
    }

    @Test(
        "an answer with lines of a log has as many as there is room for, the newest, however they are written (R17)",
        arguments: ["x", "\u{1}", "\"", "ü"])
    func longLog(character: String) throws {
        let line = String(repeating: character, count: 2500)
        let all = (0..<10_000).map { "\($0) \(line)" }
        let told = LogLines(name: "w", newest: all)
        #expect(told.lines.elementsEqual(all.suffix(told.lines.count)))
        let bytes = try JSONEncoder().encode(told).count
        let each = try JSONEncoder().encode(all[9999]).count
        #expect((WireLimits.logBytes - 2 * each...WireLimits.logBytes).contains(bytes))
        #expect(LogLines(name: "w", newest: Array(all.prefix(100))).lines.count == 100)
    }
}
