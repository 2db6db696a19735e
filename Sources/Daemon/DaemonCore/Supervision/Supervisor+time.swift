import FleetModel
import Logging

/// When the workloads are looked at again.
extension Supervisor {
    func tick() {
        alarmTime = nil
        let now = surroundings.time.now()
        let looksAtAll = now.monotonic - lookedAt >= Self.longestSleep - 1
        if looksAtAll { lookedAt = now.monotonic }
        for (name, entry) in entries {
            let isDue = entry.machine.deadlines.contains { deadline in
                // One that lies ahead may do so only because the clock was set back, or be wrong in another zone.
                if case .wall = deadline, looksAtAll { return true }
                return deadline.seconds(from: now) <= 0
            }
            if isDue { handle(.tick, for: name) }
        }
        expireWaiters(at: now)
        if watchesMemory, now.monotonic - sampledAt >= Self.memoryInterval { sampleUsage() }
        setAlarm()
    }

    /// All that waits for a time is looked at, now.
    func clockHasShifted() {
        logger.info("the clock was set, the host has slept, or its time zone has changed: all times are planned anew")
        for name in entries.keys { handle(.clockShifted, for: name) }
        tick()
    }

    func setAlarm() {
        let now = surroundings.time.now()
        var next = Double.infinity
        for entry in entries.values {
            for deadline in entry.machine.deadlines {
                var seconds = deadline.seconds(from: now)
                if case .wall = deadline { seconds = min(seconds, Self.longestSleep) }
                next = min(next, seconds)
            }
            for waiter in entry.waiters { next = min(next, waiter.deadline - now.monotonic) }
        }
        if watchesMemory { next = min(next, sampledAt + Self.memoryInterval - now.monotonic) }
        guard next < .infinity else {
            if alarmTime != nil { surroundings.alarm.set(after: nil) }
            alarmTime = nil
            return
        }
        let at = now.monotonic + max(0, next)
        // Set already, to within what a person would notice.
        if let alarmTime, abs(alarmTime - at) < 0.001 { return }
        alarmTime = at
        surroundings.alarm.set(after: max(0, next))
    }
}
