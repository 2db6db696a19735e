import FleetModel

/// What happens to runs: they begin, end, and time passes.
extension WorkloadMachine {
    mutating func launch(at now: Moment, restart: Bool) -> [Action] {
        guard !isShuttingDown else {
            // Still wanted: the next life of the daemon begins it.
            record.status = .registered
            return []
        }
        guard isDefined else {
            // Still wanted: begun once it is known what it is.
            settle(.registered)
            return []
        }
        ownsRun = true
        leftActive = nil
        record.definition = digest
        record.generation += 1
        record.runCount += 1
        if restart { record.restarts += 1 }
        record.status = .starting
        record.lastStarted = now.wall
        retryAt = nil
        queuedRun = false
        afterStop = nil
        planNext(at: now)
        return [.launch(generation: record.generation)]
    }

    mutating func launched(generation: Int64, pid: Int32, at now: Moment) -> [Action] {
        guard generation == record.generation, isActive else { return [] }
        self.pid = pid
        record.pid = pid
        runningSince = now.monotonic
        // Where a stop came first, the keeper has it already.
        if status == .starting { record.status = .running }
        return []
    }

    /// - Parameter outcome: nil where it could not be started; `detail` then says why.
    mutating func ended(
        generation: Int64, outcome: RunOutcome?, detail: String?, at now: Moment, chance: Double
    ) -> [Action] {
        guard generation == record.generation, isActive || leftActive != nil else { return [] }
        let lasted = runningSince.map { now.monotonic - $0 } ?? 0
        // A daemon that died while it stopped a workload knows only what is wanted of it.
        let after = (leftActive ?? status) == .stopping ? afterStop ?? (record.wantedUp ? nil : .settle) : nil
        leftActive = nil
        pid = nil
        record.pid = nil
        runningSince = nil
        afterStop = nil
        record.lastStopped = now.wall
        note(outcome)

        // Where it was asked to end, how it ended is no error.
        if after != nil, let remark = outcome?.remark { record.lastError = remark }
        switch after {
        case .forget: return [.forget]
        case .settle:
            settle(.stopped)
            return []
        case .shutdown:
            // Still wanted: the next life of the daemon begins it again.
            record.status = .registered
            retryAt = nil
            return []
        case .relaunch:
            return launch(at: now, restart: false)
        case .timedOut:
            let reason = "ran longer than its timeout of \(format(spec.timeout ?? 0)) s and was stopped"
            record.lastError = joined(reason, outcome?.remark)
            return afterRun(succeeded: false, lasted: lasted, at: now, chance: chance)
        case nil:
            let succeeded = outcome?.isSuccess ?? false
            let reason = succeeded ? nil : detail ?? outcome?.description ?? "could not be started"
            record.lastError = joined(reason, outcome?.remark)
            return afterRun(succeeded: succeeded, lasted: lasted, at: now, chance: chance)
        }
    }

    mutating func tick(at now: Moment) -> [Action] {
        guard !isShuttingDown else { return [] }
        if let retryAt, status == .backoff || status == .scheduled, retryAt <= now.monotonic {
            return launch(at: now, restart: spec.runMode == .forever)
        }
        if status == .running, let timeout = spec.timeout, let runningSince,
            now.monotonic >= runningSince + timeout
        {
            return beginStop(.timedOut)
        }
        guard spec.runMode == .schedule, retryAt == nil else { return [] }
        return scheduleTick(at: now)
    }

    private mutating func scheduleTick(at now: Moment) -> [Action] {
        guard status == .scheduled || status == .running, let next = record.nextRun else { return [] }
        guard next <= now.wall else {
            // A clock that was set back, or another zone, would leave us waiting for a time that is the wrong one.
            planNext(at: now)
            return []
        }
        let missed = isMissed(next, at: now)
        lastFired = next
        planNext(at: now)
        if missed, spec.missedRuns == .skip { return [] }
        guard status == .running else { return launch(at: now, restart: false) }
        switch spec.overlap {
        case .skip: return []
        case .queue:
            queuedRun = true
            return []
        case .kill: return beginStop(.relaunch)
        }
    }

    /// What was planned on the wall clock is planned anew. What waits for the other clock goes on waiting, and only the
    /// time that is shown for its end is another one.
    mutating func clockShifted(at now: Moment) -> [Action] {
        guard !isShuttingDown else { return [] }
        guard let retryAt, status == .backoff || status == .scheduled else { return tick(at: now) }
        if retryAt > now.monotonic { record.nextRun = now.wall.advanced(seconds: retryAt - now.monotonic) }
        return tick(at: now)
    }

    private mutating func note(_ outcome: RunOutcome?) {
        record.lastExitCode = nil
        record.lastSignal = nil
        switch outcome?.kind {
        case .exited(let code): record.lastExitCode = code
        case .signalled(let signal): record.lastSignal = SignalName.of(signal)
        case .unknown, nil: break
        }
    }

    private mutating func afterRun(succeeded: Bool, lasted: Double, at now: Moment, chance: Double) -> [Action] {
        if isShuttingDown {
            record.status = .registered
            return []
        }
        if lasted >= RestartPolicy.forgivingRun { record.failuresInRow = 0 }
        record.failuresInRow = succeeded ? 0 : record.failuresInRow + 1
        switch spec.runMode {
        case .forever: return foreverEnded(succeeded: succeeded, lasted: lasted, at: now, chance: chance)
        case .nTimes: return oneOfNEnded(succeeded: succeeded, lasted: lasted, at: now)
        case .schedule:
            if queuedRun || fellDue(at: now) { return launch(at: now, restart: false) }
            plan(at: now)
            return []
        }
    }

    /// The schedule's time came before the end of the run was told, and nobody looked at the clock in between: the end
    /// came first by a hair, or the daemon was down.
    private func fellDue(at now: Moment) -> Bool {
        guard let next = record.nextRun, next <= now.wall else { return false }
        return ownsRun ? spec.overlap != .skip && !isMissed(next, at: now) : spec.missedRuns == .once
    }

    /// A clock that is set back by less than this, seconds, is corrected; by more, it is another one.
    private static let smallStep = 60.0

    /// Later than a tick can be: the host slept or the clock was set.
    private func isMissed(_ time: Timestamp, at now: Moment) -> Bool { now.wall.seconds(since: time) > 120 }

    private mutating func foreverEnded(
        succeeded: Bool, lasted: Double, at now: Moment, chance: Double
    ) -> [Action] {
        if let most = spec.maxRestarts {
            if recentRestarts.isEmpty, let stored = record.recentRestarts {
                recentRestarts = stored.map { now.monotonic - max(0, now.wall.seconds(since: $0)) }
            }
            recentRestarts.removeAll { now.monotonic - $0 > spec.restartWindow }
            if recentRestarts.count >= most {
                let last = record.lastError ?? "exited with status 0"
                settle(.failed)
                record.lastError =
                    "given up after \(most) restarts within \(format(spec.restartWindow)) s: \(last)"
                return []
            }
            recentRestarts.append(now.monotonic)
            record.recentRestarts = recentRestarts.suffix(Self.mostStoredRestarts).map {
                now.wall.advanced(seconds: $0 - now.monotonic)
            }
        }
        let delay =
            succeeded
            ? spec.restartDelay
            : RestartPolicy.delay(
                restartDelay: spec.restartDelay, failuresInRow: record.failuresInRow, chance: chance)
        return wait(delay, as: succeeded ? .scheduled : .backoff, after: lasted, at: now)
    }

    private mutating func oneOfNEnded(succeeded: Bool, lasted: Double, at now: Moment) -> [Action] {
        record.finishedRuns += 1
        if record.finishedRuns >= spec.maxRuns {
            settle(succeeded ? .completed : .failed)
            return []
        }
        return wait(spec.restartDelay, as: .scheduled, after: lasted, at: now)
    }

    /// - Parameter lasted: seconds that the run before has lived.
    private mutating func wait(
        _ delay: Double, as status: WorkloadStatus, after lasted: Double, at now: Moment
    ) -> [Action] {
        // Whatever the delay is: no workload costs the host more starts than this.
        let delay = max(delay, RestartPolicy.shortestPeriod - lasted)
        guard delay > 0 else { return launch(at: now, restart: spec.runMode == .forever) }
        record.status = status
        retryAt = now.monotonic + delay
        record.nextRun = now.wall.advanced(seconds: delay)
        return []
    }

    /// Waits for the schedule.
    mutating func plan(at now: Moment) {
        record.status = .scheduled
        retryAt = nil
        planNext(at: now)
    }

    /// Always from now: whatever the clock did, there is one next time and no backlog.
    mutating func planNext(at now: Moment) {
        record.nextRun = spec.runMode == .schedule ? spec.schedule?.next(after: planningFrom(now), in: zone) : nil
    }

    /// Now; but where the clock was set back by a little since the schedule fired, that time does not come twice.
    private func planningFrom(_ now: Moment) -> Timestamp {
        guard let lastFired, lastFired > now.wall, lastFired.seconds(since: now.wall) < Self.smallStep else {
            return now.wall
        }
        return lastFired
    }
}

/// Both sentences, or the one that is there.
private func joined(_ one: String?, _ other: String?) -> String? {
    let sentences = [one, other].compactMap(\.self)
    return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
}

/// Seconds without a needless fraction.
func format(_ seconds: Double) -> String {
    seconds == seconds.rounded() && abs(seconds) < 1e15 ? String(Int64(clamping: seconds)) : String(seconds)
}
