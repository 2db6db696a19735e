import FleetClient
import FleetModel

/// The order in which workloads begin: what depends on others waits until these are ready.
extension Supervisor {
    /// Begins all that were held and need to wait no longer.
    func beginHeld() {
        guard !isShuttingDown, !isLeaving.isSet, !isBeginning else { return }
        isBeginning = true
        defer { isBeginning = false }
        var next = heldThatMayBegin()
        while let name = next {
            entries[name]?.isHeld = false
            handle(.begin, for: name)
            // What has begun may be what another one waits for.
            next = heldThatMayBegin()
        }
    }

    private func heldThatMayBegin() -> String? {
        entries.first { _, entry in
            entry.isHeld && (!entry.machine.record.wantedUp || unmet(entry.machine.spec).isEmpty)
        }?.key
    }

    /// The names of those that a workload still waits for.
    func unmet(_ spec: WorkloadSpec) -> [String] { spec.dependsOn.filter { !isReady($0) } }

    /// A service is ready while it runs and its probe has said so, one that runs N times when it is completed, a
    /// schedule when it is planned.
    private func isReady(_ name: String) -> Bool {
        guard let entry = entries[name], !entry.isHeld else { return false }
        return switch entry.machine.spec.runMode {
        case .forever:
            entry.machine.status == .running
                && (entry.machine.spec.ready == nil || entry.run?.isReady == true)
        case .nTimes: entry.machine.status == .completed
        case .schedule: entry.machine.status == .scheduled || entry.machine.status == .running
        }
    }
}
