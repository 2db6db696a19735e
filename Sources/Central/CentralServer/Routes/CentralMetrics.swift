import FleetHTTP
import FleetModel

/// `GET /metrics` of a central.
struct CentralMetrics: Sendable {
    let state: FleetState
    let heartbeats: Histogram

    func text() -> PrometheusText {
        var text = PrometheusText()
        let census = state.ask { $0.census(at: $1) }
        text.add(
            .gauge, "master_control_fleet_clients", "Clients by status.",
            samples: ClientStatus.allCases.map { (["status": $0.rawValue], Double(census.clients[$0] ?? 0)) })
        text.add(
            .gauge, "master_control_fleet_workloads", "Workloads of all clients by status, as last reported.",
            samples: WorkloadStatus.allCases.map { (["status": $0.rawValue], Double(census.workloads[$0] ?? 0)) })
        text.add(
            heartbeats.counts, "master_control_heartbeat_duration_seconds",
            "From the headers of a heartbeat until it is in the picture of the fleet.")
        EventMeasures.add(state.events.counts, to: &text)
        text.add(
            .counter, "master_control_store_failures_total", "Writes to the database that failed.",
            Double(state.storeFailures))
        text.add(
            .gauge, "master_control_audit_waiting", "Lines of the audit that the database has refused so far.",
            Double(state.auditWaiting))
        ProcessMeasures.add(to: &text)
        return text
    }
}
