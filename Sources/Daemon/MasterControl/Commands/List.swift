import ArgumentParser
import DaemonCore
import FleetClient
import FleetConfig
import FleetModel
import FoundationEssentials

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the workloads of this host, and tells how its central is.",
        discussion: "The line about the central stands below the table, on a control host.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let host = try await common.withDaemon { try await $0.overview() }
        if output.json {
            try Output.json(host)
            return
        }
        if host.workloads.isEmpty {
            Output.lines([Self.hint(configDir: common.resolved().configDir)])
        } else {
            Output.lines(WorkloadTable.lines(host.workloads, on: .current(), now: Output.now))
        }
        if let central = host.central {
            Output.lines(["", CentralLine.text(central, now: Output.now)])
        }
    }

    /// What to do where there is none: a file with an error is left out, and looks like one that is not there.
    private static func hint(configDir: String) -> String {
        let reader = ConfigurationReader(environment: ProcessInfo.processInfo.environment)
        let settings = reader.daemonSettings(configDir: configDir).settings
        let installation = Installation(configDir: configDir, installDir: settings.fleet.installDir)
        return reader.workloads(in: installation.workloadDirectories).issues.isEmpty
            ? "No workloads. Put a file for each into '\(configDir)', then 'master-control reload'."
            : "No workloads: files in '\(configDir)' have errors, which 'master-control validate' shows."
    }
}

/// The workloads of a host, a line each.
enum WorkloadTable {
    static func lines(_ workloads: [Workload], on screen: TerminalScreen, now: Timestamp) -> [String] {
        var table = Table([
            Table.Column(title: "NAME", narrowest: 20), Table.Column(title: "STATUS"),
            Table.Column(title: "PID", isRight: true, importance: 6),
            Table.Column(title: "UPTIME", isRight: true, importance: 7),
            Table.Column(title: "RUNS", isRight: true, importance: 3), Table.Column(title: "MODE", importance: 4),
            Table.Column(title: "MEMORY", isRight: true, importance: 2),
            Table.Column(title: "CPU", isRight: true, importance: 1),
            Table.Column(title: "NEXT", isRight: true, importance: 5),
            Table.Column(title: "LAST ERROR", narrowest: 16, importance: 8),
        ])
        table.rows = workloads.map { workload in
            [
                Table.Cell(workload.name),
                Table.Cell(workload.status.rawValue, DisplayFormat.colour(of: workload.status)),
                Table.Cell(DisplayFormat.optional(workload.pid)),
                Table.Cell(workload.uptimeSeconds.map(DurationText.words) ?? "-"),
                Table.Cell("\(workload.runCount)"),
                Table.Cell(workload.runMode.rawValue),
                Table.Cell(workload.rssMB.map { "\($0) MB" } ?? "-"),
                Table.Cell(workload.cpuPercent.map { "\($0)%" } ?? "-"),
                Table.Cell(workload.nextRun.map { DisplayFormat.distance(from: now, to: $0) } ?? "-"),
                Table.Cell(workload.lastError ?? ""),
            ]
        }
        return table.lines(on: screen)
    }
}
