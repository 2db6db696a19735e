import FleetModel
import Logging

/// Finds out when a run is ready, for those who depend on it.
extension Supervisor {
    struct ProbeRequest: Sendable {
        var name: String
        var generation: Int64
        var probe: ReadinessProbe
        var plan: LaunchPlan
    }

    /// Called when a run is there.
    func probeIfAsked(_ name: String) {
        guard let machine = entries[name]?.machine, machine.status == .running, let probe = machine.spec.ready else {
            return
        }
        let generation = machine.record.generation
        probes.yield(
            ProbeRequest(
                name: name, generation: generation, probe: probe,
                plan: plan(for: machine.spec, generation: generation)))
    }

    /// Looks again and again, until it is ready, too late, or over.
    func follow(_ request: ProbeRequest) async {
        let deadline = around.time.now().monotonic + request.probe.timeout
        while !Task.isCancelled, isPresent(request) {
            if await around.readiness.isReady(request.probe.check, plan: request.plan) {
                becameReady(request)
                return
            }
            guard around.time.now().monotonic < deadline else {
                logger.warning(
                    "a workload runs but is not ready in time; what depends on it waits",
                    metadata: ["workload": "\(request.name)", "seconds": "\(request.probe.timeout)"])
                return
            }
            try? await Task.sleep(for: .seconds(clamping: request.probe.interval))
        }
    }

    private func isPresent(_ request: ProbeRequest) -> Bool {
        guard let machine = entries[request.name]?.machine else { return false }
        return machine.record.generation == request.generation && machine.status == .running
    }

    private func becameReady(_ request: ProbeRequest) {
        guard isPresent(request) else { return }
        entries[request.name]?.readyGeneration = request.generation
        logger.info("workload ready", metadata: ["workload": "\(request.name)"])
        changed.yield()
        beginHeld()
    }
}
