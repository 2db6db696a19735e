import FleetModel
import Synchronization
import Testing

@testable import DaemonCore

@Suite("When the central is told")
struct ReportTests {
    @Test("the interval is kept to a tenth, so that a fleet does not report in step")
    func jitter() {
        #expect(ReportPolicy.pause(interval: 30, chance: 0) == 27)
        #expect(ReportPolicy.pause(interval: 30, chance: 0.5) == 30)
        #expect(ReportPolicy.pause(interval: 30, chance: 1) == 33)
    }

    @Test(
        "retries come within a span that grows to the interval",
        arguments: [(1, 5), (2, 10), (3, 20), (4, 30), (1_000_000, 30)] as [(Int, Double)])
    func retries(failures: Int, span: Double) {
        #expect(ReportPolicy.retry(failures: failures, interval: 30, chance: 0) == span * 0.2)
        #expect(ReportPolicy.retry(failures: failures, interval: 30, chance: 1) == span)
        #expect(ReportPolicy.retry(failures: failures, interval: 2, chance: 1) == 2)
    }

    @Test("hosts that are started at once send their second report at times of their own")
    func second() {
        #expect([0, 0.25, 1].map { ReportPolicy.second(interval: 30, chance: $0) } == [0, 7.5, 30])
    }

    @Test("failures are told ever more rarely")
    func telling() {
        #expect((0...40).filter { ReportPolicy.isWorthTelling(failures: $0) } == [1, 2, 4, 8, 16, 32])
    }

    @Test("CPU and memory are read from the kernel's own words")
    func samplers() {
        let busy = HostSampler.busy("cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3\n")
        #expect(busy?.all == 531)
        #expect(busy?.busy == 81)
        #expect(HostSampler.busy("garbage") == nil)
        let memory = HostSampler.memory("MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable:   400 kB\n")
        #expect(memory?.total == 1000)
        #expect(memory?.available == 400)
        #expect(HostSampler.memory("MemTotal: x\n") == nil)
    }

    @Test(
        "what a keeper says is understood, and anything else is passed over",
        arguments: [
            ("keeper 1 77 5", .hello(protocol: 1, pid: 77, generation: 5)),
            (
                "started 9 1234 1750000000123",
                .started(pid: 9, startTicks: 1234, at: Timestamp(milliseconds: 1_750_000_000_123))
            ),
            ("failed exec 2", .failed(step: "exec", errno: 2)), ("ended exit 3 17", .ended(.exited(3))),
            ("ended signal 9 17", .ended(.signalled(9))), ("ended unknown 0 17", .ended(.unknown)),
            ("log-error 28", .logError(errno: 28)), ("log-ok", .logOK), ("stuck 4", .stuck(4)), ("", nil),
            ("started 9", nil), ("started x y z", nil), ("ended", nil), ("something new 1 2", nil),
        ] as [(String, KeeperMessage?)])
    func messages(line: String, message: KeeperMessage?) {
        #expect(KeeperMessage(line: line) == message)
    }

    @Test(
        "a damaged record is none", arguments: ["", "pid=5\n", "generation=1\nrun_id=a\nboot_id=b\npid=1\nstart=5\n"])
    func records(text: String) {
        #expect(KeeperRecord(text: text) == nil)
    }
}
