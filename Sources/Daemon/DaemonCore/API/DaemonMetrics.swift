import FleetHTTP
import FleetModel

/// `GET /metrics` of a client daemon.
struct DaemonMetrics: Sendable {
    let control: DaemonControl
    let events: WorkloadEvents
    let reports: ReportTally

    func text() async -> PrometheusText {
        var text = PrometheusText()
        let workloads = await control.ready().list()
        text.add(
            .gauge, "master_control_workloads", "Workloads by status.",
            samples: WorkloadStatus.allCases.map { status in
                (["status": status.rawValue], Double(workloads.count { $0.status == status }))
            })
        func each(_ kind: PrometheusText.Kind, _ name: String, _ help: String, _ value: (Workload) -> Double?) {
            text.add(
                kind, "master_control_workload_" + name, help,
                samples: workloads.compactMap { workload in value(workload).map { (["workload": workload.name], $0) } })
        }
        each(.gauge, "up", "1 while the workload runs.") { $0.status == .running ? 1 : 0 }
        each(.counter, "runs_total", "Runs that were begun.") { Double($0.runCount) }
        each(.counter, "restarts_total", "Starts that nobody asked for.") { $0.restarts.map(Double.init) }
        each(.gauge, "start_time_seconds", "When the newest run began, since unix epoch.") {
            $0.lastStarted.map { Double($0.milliseconds) / 1000 }
        }
        each(.gauge, "resident_memory_bytes", "Resident memory of all its processes.") {
            $0.rssMB.map { ($0 * 1_048_576).rounded() }
        }
        each(.gauge, "memory_limit_bytes", "Its memory limit.") { $0.memoryLimitMB.map { Double($0) * 1_048_576 } }
        each(.gauge, "cpu_ratio", "Share of one core that it used since the look before.") {
            $0.cpuPercent.map { $0 / 100 }
        }
        let reports = reports.counts
        text.add(
            .counter, "master_control_heartbeats_sent_total", "Heartbeats that the central has taken.",
            Double(reports.arrived))
        text.add(
            .counter, "master_control_heartbeat_failures_total", "Heartbeats that did not arrive.",
            Double(reports.failed))
        text.add(
            reports.durations, "master_control_heartbeat_duration_seconds", "From a heartbeat's sending to its answer.")
        EventMeasures.add(events.log.counts, to: &text)
        ProcessMeasures.add(to: &text)
        return text
    }
}
