import ArgumentParser
import DaemonCore
import FleetClient
import FleetModel

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the workloads of this host.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let workloads = try await common.withDaemon { try await $0.list() }
        if output.json {
            try Output.json(WorkloadList(workloads: workloads))
        } else if workloads.isEmpty {
            Output.lines([
                "No workloads. Put a file for each into '\(common.resolved().configDir)', then 'master-control reload'."
            ])
        } else {
            Output.lines(WorkloadTable.lines(workloads, on: .current(), now: Output.now))
        }
    }
}

/// The workloads of a host, a line each.
enum WorkloadTable {
    static func lines(_ workloads: [Workload], on screen: TerminalScreen, now: Timestamp) -> [String] {
        var table = Table([
            Table.Column(title: "NAME", isElastic: true), Table.Column(title: "STATUS"),
            Table.Column(title: "PID", isRight: true), Table.Column(title: "UPTIME", isRight: true),
            Table.Column(title: "RUNS", isRight: true), Table.Column(title: "MODE"),
            Table.Column(title: "MEMORY", isRight: true), Table.Column(title: "CPU", isRight: true),
            Table.Column(title: "NEXT", isRight: true), Table.Column(title: "LAST ERROR", isElastic: true),
        ])
        table.rows = workloads.map { workload in
            [
                Table.Cell(workload.name),
                Table.Cell(workload.status.rawValue, Words.colour(of: workload.status)),
                Table.Cell(Words.optional(workload.pid)),
                Table.Cell(workload.uptimeSeconds.map(Words.duration) ?? "-"),
                Table.Cell("\(workload.runCount)"),
                Table.Cell(workload.runMode.rawValue),
                Table.Cell(workload.rssMB.map { "\($0) MB" } ?? "-"),
                Table.Cell(workload.cpuPercent.map { "\($0)%" } ?? "-"),
                Table.Cell(workload.nextRun.map { Words.distance(from: now, to: $0) } ?? "-"),
                Table.Cell(workload.lastError ?? ""),
            ]
        }
        return table.lines(on: screen)
    }
}
