import FleetModel

/// What people ask for. Each answers when it is so.
extension Supervisor {
    /// What a stop may take beyond the workload's own `stop_timeout`: the rounds of killing, and the way back.
    static let patience = 15.0

    package func start(_ name: String) async throws -> ActionResult {
        let entry = try entry(name)
        if entry.machine.status == .running || entry.machine.status == .starting, entry.machine.record.wantedUp {
            return ActionResult(success: false, message: "Workload '\(name)' is already running")
        }
        if let refusal = refusal(of: entry) { return refusal }
        // A person who says start means now.
        entries[name]?.isHeld = false
        handle(.start, for: name)
        return stored(name, await begun(name, verb: "Started"))
    }

    package func stop(_ name: String) async throws -> ActionResult {
        let entry = try entry(name)
        entries[name]?.isHeld = false
        handle(.stop, for: name)
        return stored(name, await stopped(name, entry))
    }

    /// - Parameter entry: as it was when the stop was asked for.
    private func stopped(_ name: String, _ entry: Entry) async -> ActionResult {
        let before = entry.machine
        switch before.status {
        case .registered, .stopped, .completed, .failed, .unknown:
            return ActionResult(success: false, message: "Workload '\(name)' is not running")
        case .scheduled, .backoff:
            return ActionResult(success: true, message: "Stopped workload '\(name)'")
        case .starting, .running, .stopping:
            let gone = await wait(
                for: .gone(generation: before.record.generation), of: name,
                seconds: patience(with: entry))
            if gone { return ActionResult(success: true, message: "Stopped workload '\(name)'") }
            let waitsForDisk = entries[name]?.run?.logTrouble != nil
            return ActionResult(
                success: false,
                message: waitsForDisk
                    ? "Workload '\(name)' was stopped; what it printed last still waits for the disk (log_wait_seconds)"
                    : "Workload '\(name)' does not end although it was killed; see the daemon's log")
        }
    }

    package func restart(_ name: String) async throws -> ActionResult {
        if let refusal = refusal(of: try entry(name)) { return refusal }
        entries[name]?.isHeld = false
        handle(.restart, for: name)
        return stored(name, await begun(name, verb: "Restarted"))
    }

    /// Nothing can be begun that nobody knows the definition of.
    private func refusal(of entry: Entry) -> ActionResult? {
        guard !entry.machine.isDefined else { return nil }
        return ActionResult(
            success: false,
            message: "Workload '\(entry.machine.spec.name)' cannot be started: "
                + (entry.unread ?? "its definition is not known"))
    }

    /// What was done, or that it was done and will be forgotten: an answer that says yes is on the disk.
    private func stored(_ name: String, _ result: ActionResult) -> ActionResult {
        guard let reason = unsaved[name] else { return result }
        return ActionResult(
            success: false,
            message: "\(result.message), but this could not be stored and is forgotten when the daemon restarts: "
                + "\(reason); when the disk can be written again, repeat it")
    }

    /// Waits until the run that was just asked for has begun, or has failed to.
    private func begun(_ name: String, verb: String) async -> ActionResult {
        guard let entry = entries[name] else {
            return ActionResult(success: false, message: "Workload '\(name)' was removed")
        }
        guard entry.machine.record.wantedUp, !isShuttingDown else {
            return ActionResult(success: false, message: "The daemon is shutting down")
        }
        let stopping = entry.machine.status == .stopping
        let generation = entry.machine.record.generation + (stopping ? 1 : 0)
        let reached = await wait(
            for: .begun(generation: generation), of: name, seconds: patience(with: entry))
        guard reached else {
            return ActionResult(success: false, message: "Workload '\(name)' has not come up yet; see its status")
        }
        if let failure = entries[name]?.launchFailure, failure.generation >= generation {
            return ActionResult(success: false, message: "Workload '\(name)' could not be started: \(failure.reason)")
        }
        guard let now = entries[name]?.machine else {
            return ActionResult(success: false, message: "Workload '\(name)' was removed")
        }
        if !now.record.wantedUp {
            return ActionResult(success: false, message: "Workload '\(name)' was stopped before it came up")
        }
        return ActionResult(success: true, message: "\(verb) workload '\(name)'")
    }

    /// What its end may take, seconds; where its log can't be written, its last output waits for the disk.
    private func patience(with entry: Entry) -> Double {
        let spec = entry.machine.spec
        let waitsForDisk = entry.run?.logTrouble != nil
        return spec.stopTimeout + (waitsForDisk ? spec.logWaitSeconds : 0) + Self.patience
    }

    func entry(_ name: String) throws(UnknownWorkload) -> Entry {
        guard let entry = entries[name] else { throw UnknownWorkload(name: name) }
        return entry
    }

    // MARK: - Going down

    /// - Parameter keepingWorkloads: leaves the processes to the next life of the daemon.
    package func shutdown(keepingWorkloads: Bool) async {
        guard !isShuttingDown else { return }
        isShuttingDown = true
        if !keepingWorkloads {
            let active = entries.filter { $0.value.machine.isActive }
            for name in entries.keys { handle(.shutdown, for: name) }
            for (name, entry) in active {
                _ = await wait(
                    for: .gone(generation: entry.machine.record.generation), of: name,
                    seconds: patience(with: entry))
            }
        }
        await surroundings.launcher.release()
        finish()
    }
}
