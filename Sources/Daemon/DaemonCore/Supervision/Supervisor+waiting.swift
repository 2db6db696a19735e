import FleetModel

/// Those who wait for a workload to come up or go down.
extension Supervisor {
    /// - Returns: false where the time was up first.
    func wait(for awaited: Awaited, of name: String, seconds: Double) async -> Bool {
        guard let entry = entries[name], !awaited.isReached(by: entry.machine, isHeld: entry.isHeld) else {
            return true
        }
        let deadline = surroundings.time.now().monotonic + seconds
        return await withCheckedContinuation { continuation in
            entries[name]?.waiters.append(Waiter(awaited: awaited, deadline: deadline, continuation: continuation))
            setAlarm()
        }
    }

    func resumeWaiters(of name: String) {
        guard let entry = entries[name], !entry.waiters.isEmpty else { return }
        let held = entry.isHeld
        let done = entry.waiters.filter { $0.awaited.isReached(by: entry.machine, isHeld: held) }
        guard !done.isEmpty else { return }
        entries[name]?.waiters.removeAll { $0.awaited.isReached(by: entry.machine, isHeld: held) }
        for waiter in done { waiter.continuation.resume(returning: true) }
    }

    func expireWaiters(at now: Moment) {
        for name in entries.keys {
            guard let waiters = entries[name]?.waiters, !waiters.isEmpty else { continue }
            let late = waiters.filter { $0.deadline <= now.monotonic }
            guard !late.isEmpty else { continue }
            entries[name]?.waiters.removeAll { $0.deadline <= now.monotonic }
            for waiter in late { waiter.continuation.resume(returning: false) }
        }
    }
}
