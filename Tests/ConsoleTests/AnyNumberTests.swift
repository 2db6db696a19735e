import FleetModel
import Testing

@testable import ConsoleCore

@Suite struct AnyNumberTests {
    @Test(
        "whatever numbers a central has, the screens are whole",
        arguments: [1e300, -1e300, 1e18, -0.0, .greatestFiniteMagnitude] as [Double])
    func anyNumber(number: Double) {
        var client = Bench.client("a", cpu: number, memory: number, disk: number, failed: 1 << 48, workloads: 1 << 48)
        client.lastSeen = Timestamp(seconds: number)
        client.clockSkewSeconds = number
        var workload = Bench.workload("w")
        (workload.rssMB, workload.cpuPercent, workload.uptimeSeconds) = (number, number, number)
        (workload.lastStarted, workload.nextRun) = (Timestamp(seconds: number), Timestamp(seconds: -number))
        workload.runCount = 1 << 48
        let snapshots = [ClientSnapshot(overview: client, workloads: [workload])]
        for (columns, rows) in [(100, 30), (40, 10), (1, 1), (0, 0)] {
            var bench = Bench(
                columns: columns, rows: rows,
                events: [.snapshot(FleetSnapshot(clients: snapshots + snapshots, deployments: [Bench.deployment]))])
            for key in ["Enter", "Enter", "i", "Esc", "Esc", "d", "w"] {
                bench.press(key)
                let frame = bench.model.frame()
                #expect(frame.rows.allSatisfy { $0.count == frame.size.columns })
            }
        }
    }
}
