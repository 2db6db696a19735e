import ArgumentParser
import FleetClient
import FleetModel
import TerminalText

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows all about some workloads, or how the daemon and its workloads are.",
        discussion: "All that is known of each: last error, exit status, next run, memory.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption
    @Argument(
        help: ArgumentHelp("Workloads; without one, all of the host in short.", valueName: "name"),
        completion: WorkloadNames.completion)
    var names: [String] = []

    func run() async throws {
        if names.isEmpty {
            try await showHost()
            return
        }
        var failed = false
        var details: [WorkloadDetail] = []
        try await common.withDaemon { daemon in
            for name in names {
                do {
                    details.append(try await daemon.status(name))
                } catch FleetClientError.answered(let status, let answer) {
                    failed = true
                    complain(await WorkloadNames.advised(answer.detail, status: status, name: name, daemon: daemon))
                }
            }
        }
        if output.json {
            if names.count == 1 { try details.first.map(Output.json) } else { try Output.json(details) }
        } else {
            let screen = TerminalScreen.current()
            Output.lines(
                details.map { WorkloadSheet.lines($0, on: screen, now: Output.now) }.joined(separator: [""]).map { $0 })
        }
        if failed { throw CommandFailure.silent }
    }

    private func showHost() async throws {
        let (health, host) = try await common.withDaemon { daemon in
            (try await daemon.health(), try await daemon.overview())
        }
        let workloads = host.workloads
        if output.json {
            try Output.json(HostStatus(daemon: health, workloads: workloads, central: host.central))
            return
        }
        let trouble = workloads.filter(\.status.isTrouble).count
        let running = workloads.filter { $0.status == .running }.count
        let release = health.deployedVersion.map { ", release \($0)" } ?? ""
        let summary =
            "daemon \(health.version ?? "") on \(health.clientName ?? "this host")\(release): "
            + "\(workloads.count) workload\(workloads.count == 1 ? "" : "s"), \(running) running, \(trouble) in trouble"
        Output.lines([SafeText.line(summary)])
        if let central = host.central { Output.lines([CentralLine.text(central, now: Output.now)]) }
        if !workloads.isEmpty {
            Output.lines([""] + WorkloadTable.lines(workloads, on: .current(), now: Output.now))
        }
    }
}

private struct HostStatus: Encodable {
    var daemon: Health
    var workloads: [Workload]
    var central: CentralProcess?
}

/// All about one workload.
enum WorkloadSheet {
    static func lines(_ detail: WorkloadDetail, on screen: TerminalScreen, now: Timestamp) -> [String] {
        let workload = detail.workload
        var fields: [(String, String?)] = [
            ("status", screen.paint(workload.status.rawValue, DisplayFormat.colour(of: workload.status))),
            ("reported as", workload.unknownText),
            ("type", workload.type.rawValue),
            ("run mode", workload.runMode.rawValue),
            ("schedule", detail.schedule),
            ("next run", workload.nextRun.map { "\($0) (\(DisplayFormat.distance(from: now, to: $0)))" }),
            ("pid", workload.pid.map { "\($0)" }),
            ("uptime", workload.uptimeSeconds.map(DurationText.words)),
            ("runs", runs(detail)),
            ("last started", workload.lastStarted.map { "\($0) (\(DisplayFormat.distance(from: now, to: $0)))" }),
            ("last stopped", workload.lastStopped.map { "\($0) (\(DisplayFormat.distance(from: now, to: $0)))" }),
            ("last exit", workload.lastExitCode.map { "status \($0)" } ?? workload.lastSignal.map { "signal \($0)" }),
            ("last error", workload.lastError),
            ("memory", memory(workload)),
            ("cpu", workload.cpuPercent.map { "\($0)%" }),
            ("nice", workload.cpuNice.map { "\($0)" }),
            ("timeout", detail.timeout.map { "\($0) s" }),
            ("restart delay", detail.restartDelay.map { "\($0) s" }),
            ("version", workload.version),
            ("module", detail.module.map { "\($0), \(detail.entryPoint ?? "run")()" }),
            ("command", detail.command.map { $0.joined(separator: " ") }),
            ("tags", detail.tags.isEmpty ? nil : detail.tags.joined(separator: ", ")),
        ]
        for (key, value) in (detail.params ?? [:]).sorted(by: { $0.key < $1.key }) {
            fields.append(("param \(key)", text(value)))
        }
        for (key, value) in (detail.env ?? [:]).sorted(by: { $0.key < $1.key }) { fields.append(("env \(key)", value)) }
        let shown = fields.compactMap { name, value in value.map { (name, $0) } }
        let width = shown.map(\.0.count).max() ?? 0
        return [screen.paint(SafeText.line(workload.name), .heading)]
            + shown.map { name, value in
                let label = SafeText.line(name) + String(repeating: " ", count: width - name.count)
                let safe = name == "status" ? value : SafeText.line(value)
                return "  \(screen.paint(label, .faint))  \(safe)"
            }
    }

    private static func runs(_ detail: WorkloadDetail) -> String {
        let workload = detail.workload
        let most = detail.maxRuns.map { " of \($0)" } ?? ""
        let restarts = workload.restarts.flatMap { $0 > 0 ? ", \($0) of them restarts" : nil } ?? ""
        return "\(workload.runCount)\(most)\(restarts)"
    }

    private static func memory(_ workload: Workload) -> String? {
        let limit = workload.memoryLimitMB.map { "limit \($0) MB" }
        let used = workload.rssMB.map { "\($0) MB" }
        let parts = [used, limit].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func text(_ value: JSONValue) -> String {
        if case .string(let text) = value { return text }
        return (try? Output.compact(value)) ?? ""
    }
}
