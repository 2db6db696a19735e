import FleetClient
import FleetModel
import Logging

/// Finds out when a run is ready, for those who depend on it.
extension Supervisor {
    struct ProbeRequest: Sendable {
        var name: String
        var runID: String
        var probe: ReadinessProbe
        var plan: LaunchPlan
        /// Set when nobody needs to know any more.
        var over: Once<Void>
    }

    /// One look must not take longer; the next one comes anyway.
    private static let longestLook = 5.0
    /// Nor can it be expected to say anything in less, seconds.
    private static let shortestLook = 0.1

    /// Called when a run is there.
    func probeIfAsked(_ name: String) {
        guard let entry = entries[name], entry.machine.status == .running, let run = entry.run,
            let probe = entry.machine.spec.ready
        else { return }
        let machine = entry.machine
        endProbe(name)
        let over = Once<Void>()
        entries[name]?.probing = over
        probesToBegin.append(
            ProbeRequest(
                name: name, runID: run.id, probe: probe,
                plan: plan(for: machine.spec, generation: machine.record.generation), over: over))
        probesWaiting.ring()
    }

    /// Called when a workload does something else than run: a probe in flight ends, with all it has started.
    func endProbe(_ name: String) {
        entries[name]?.probing?.set()
        entries[name]?.probing = nil
    }

    /// Until the task is cancelled.
    func probeWhenAsked() async {
        await withDiscardingTaskGroup { looks in
            while await probesWaiting.wait() == .rang {
                let requests = probesToBegin
                probesToBegin = []
                for request in requests { looks.addTask { await self.follow(request) } }
            }
            looks.cancelAll()
        }
    }

    private func follow(_ request: ProbeRequest) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await request.over.wait() }
            group.addTask { await self.lookUntilReady(request) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Looks again and again, until it is ready, too late, or over.
    private func lookUntilReady(_ request: ProbeRequest) async {
        let deadline = surroundings.time.now().monotonic + request.probe.timeout
        var complained = false
        while !Task.isCancelled, isPresent(request) {
            let left = deadline - surroundings.time.now().monotonic
            let answer = await surroundings.readiness.look(
                request.probe.check, plan: request.plan, seconds: min(max(left, Self.shortestLook), Self.longestLook))
            guard !Task.isCancelled else { return }
            if answer == .ready {
                becameReady(request)
                return
            }
            // Once a run: it is the same with the next look.
            if case .impossible(let reason) = answer, !complained {
                complained = true
                logger.warning(
                    "the probe of a workload cannot be made: \(reason)", metadata: ["workload": "\(request.name)"])
            }
            guard surroundings.time.now().monotonic < deadline else {
                logger.warning(
                    "a workload runs but is not ready in time; what depends on it waits",
                    metadata: ["workload": "\(request.name)", "seconds": "\(request.probe.timeout)"])
                return
            }
            try? await Task.sleep(for: .seconds(clamping: request.probe.interval))
        }
    }

    private func isPresent(_ request: ProbeRequest) -> Bool {
        guard let entry = entries[request.name] else { return false }
        return entry.run?.id == request.runID && entry.machine.status == .running
    }

    private func becameReady(_ request: ProbeRequest) {
        guard isPresent(request) else { return }
        entries[request.name]?.run?.isReady = true
        logger.info("workload ready", metadata: ["workload": "\(request.name)"])
        changes.ring()
        beginHeld()
    }
}
