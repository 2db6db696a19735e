import FleetModel
import TerminalText
import Testing

@testable import MasterControl

@Suite("The tables of list and clients")
struct WorkloadTableTests {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let workloads: [Workload] = {
        var collector = Workload(name: "data_collector", type: .agent, runMode: .forever, status: .backoff, runCount: 7)
        collector.lastError = "exited with status 3: ConnectionRefusedError: [Errno 111] Connection refused"
        var report = Workload(name: "nightly_report", type: .script, runMode: .schedule, status: .scheduled)
        report.nextRun = Timestamp(seconds: 1_800_000_000 + 5400)
        var page = Workload(name: "status_page", type: .service, runMode: .forever, status: .running, runCount: 1)
        page.pid = 4_194_304
        page.uptimeSeconds = 360_000
        page.rssMB = 18.2
        page.cpuPercent = 12.5
        return [collector, report, page]
    }()

    @Test("list fits a terminal of 80 columns and says what is wrong there")
    func eighty() {
        let lines = WorkloadTable.lines(
            Self.workloads, on: TerminalScreen(width: 80, hasColour: false), now: Self.now)
        #expect(
            lines == [
                "NAME            STATUS         PID  UPTIME       NEXT  LAST ERROR",
                "data_collector  backoff          -       -          -  exited with status 3: Co…",
                "nightly_report  scheduled        -       -  in 1h 30m",
                "status_page     running    4194304   4d 4h          -",
            ])
    }

    @Test("list fits every terminal from 24 columns on", arguments: [24, 30, 40, 60, 80, 100, 132, 200])
    func fits(_ width: Int) {
        for line in WorkloadTable.lines(
            Self.workloads, on: TerminalScreen(width: width, hasColour: false), now: Self.now)
        {
            #expect(TextWidth.columns(of: line) <= width, "\(line)")
        }
    }

    @Test("clients fit every terminal from 24 columns on", arguments: [24, 40, 80, 120])
    func clients(_ width: Int) {
        var client = ClientOverview(name: "sensor-node-with-a-long-name", status: .online)
        client.host = "2001:db8:0000:0000:0000:0000:0000:0001"
        client.apiPort = 9100
        client.lastSeen = Self.now
        client.deployedVersion = "1.3.0-rc.1+build.20260131"
        for line in Clients.table([client]).lines(on: TerminalScreen(width: width, hasColour: false)) {
            #expect(TextWidth.columns(of: line) <= width, "\(line)")
        }
    }

    @Test(
        "whatever numbers a central has of a client, they are shown",
        arguments: [1e300, -1e300, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, 1e18, -0.0] as [Double])
    func anyNumber(_ number: Double) {
        var client = ClientOverview(name: "a", status: .online)
        client.system = SystemMetrics(
            cpuPercent: number, memoryUsedMB: number, memoryTotalMB: number, diskUsedGB: number, diskTotalGB: number)
        client.lastSeen = Timestamp(seconds: number)
        client.workloadCount = .max
        client.clockSkewSeconds = number
        var workload = Workload(name: "w", type: .agent, runMode: .forever, status: .running, runCount: .max)
        (workload.rssMB, workload.cpuPercent, workload.uptimeSeconds) = (number, number, number)
        (workload.lastStarted, workload.nextRun) = (Timestamp(seconds: number), Timestamp(seconds: number))
        let screen = TerminalScreen(width: 200, hasColour: false)
        #expect(Clients.table([client]).lines(on: screen).count == 2)
        #expect(WorkloadTable.lines([workload], on: screen, now: Self.now).count == 2)
        let detail = WorkloadDetail(workload, spec: WorkloadSpec(name: "w", program: .command(["x"])))
        #expect(!WorkloadSheet.lines(detail, on: screen, now: Self.now).isEmpty)
    }
}
