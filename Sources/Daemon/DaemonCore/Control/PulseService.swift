import FleetModel
import ServiceLifecycle

/// Tells systemd that the daemon lives, until the very end of it.
///
/// Each sign is an answer of the supervisor: a timer that runs on beside one that is stuck would prove nothing.
struct PulseService: Service {
    /// Between two signs where nobody waits for them, seconds: the status is read by people.
    private static let ordinary = 30.0

    let manager: ServiceManager
    let supervisor: Supervisor

    func run() async {
        let longest = min(manager.patience.map { $0 / 3 } ?? Self.ordinary, Self.ordinary)
        await cancelWhenGracefulShutdown {
            // Soon again at first, as much happens at the beginning.
            var pause = 0.5
            while !Task.isCancelled {
                manager.alive(Self.status(await supervisor.statuses()))
                try? await Task.sleep(for: .seconds(clamping: min(pause, longest)))
                pause = min(pause * 2, longest)
            }
        }
    }

    /// `12 workloads: 10 running, 1 backoff, 1 stopped`
    static func status(_ statuses: [WorkloadStatus]) -> String {
        var counts: [WorkloadStatus: Int] = [:]
        for status in statuses { counts[status, default: 0] += 1 }
        func rank(_ status: WorkloadStatus) -> String { status == .running ? "" : status.rawValue }
        let parts = counts.sorted { rank($0.key) < rank($1.key) }
        let total = statuses.count == 1 ? "1 workload" : "\(statuses.count) workloads"
        return parts.isEmpty
            ? total : total + ": " + parts.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
    }
}
