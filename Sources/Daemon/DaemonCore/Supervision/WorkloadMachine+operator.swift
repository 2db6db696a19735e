import FleetModel

/// What people and the configuration ask for.
extension WorkloadMachine {
    mutating func begin(at now: Moment) -> [Action] {
        guard !isActive else { return [] }
        // A run that the record speaks of is nowhere: the host was rebooted.
        leftActive = nil
        retryAt = nil
        queuedRun = false
        if isRedefined {
            // In the files, while nobody was there: as a reload would have it.
            forgive()
            if record.wantedUp { record.status = .registered }
            record.nextRun = nil
        }
        record.definition = digest
        heedEnabled()
        guard record.wantedUp else {
            // Stopped by hand, in an earlier life perhaps: it stays so.
            record.nextRun = nil
            if record.status != .registered, record.status != .completed { settle(.stopped) }
            return []
        }
        switch spec.runMode {
        case .forever:
            if record.status == .failed { return [] }
            return waitOn(at: now) ? [] : launch(at: now, restart: false)
        case .nTimes:
            if record.status == .completed || record.status == .failed, record.finishedRuns >= spec.maxRuns {
                return []
            }
            return waitOn(at: now) ? [] : launch(at: now, restart: false)
        case .schedule:
            let missed = record.nextRun.map { $0 <= now.wall } ?? false
            if missed, spec.missedRuns == .once { return launch(at: now, restart: false) }
            plan(at: now)
            return []
        }
    }

    /// The definition has changed since it was used last.
    var isRedefined: Bool { record.definition.map { $0 != digest } ?? false }

    /// Waits for the rest of the delay that an earlier life of the daemon waited for. False where nothing is left of it.
    private mutating func waitOn(at now: Moment) -> Bool {
        guard let status = leftWait, let next = record.nextRun else { return false }
        leftWait = nil
        // The clock may have been set in between: never longer than such a delay can be.
        let most = max(
            spec.restartDelay, status == .backoff ? RestartPolicy.longestDelay * (1 + RestartPolicy.jitter) : 0)
        let left = min(next.seconds(since: now.wall), most)
        guard left > 0 else { return false }
        record.status = status
        record.nextRun = now.wall.advanced(seconds: left)
        retryAt = now.monotonic + left
        return true
    }

    mutating func recover(generation: Int64, pid: Int32, startedAt: Timestamp, at now: Moment) -> [Action] {
        let isOutdated = record.generation == generation && isRedefined
        record.generation = max(record.generation, generation)
        ownsRun = true
        leftActive = nil
        record.status = .running
        record.lastStarted = startedAt
        self.pid = pid
        record.pid = pid
        runningSince = now.monotonic - max(0, now.wall.seconds(since: startedAt))
        planNext(at: now)
        if isOutdated {
            heedEnabled()
            if record.wantedUp {
                forgive()
                return beginStop(.relaunch)
            }
        }
        // Stopped by hand and still alive: the stop was cut short when the daemon died.
        return record.wantedUp ? [] : beginStop(.settle)
    }

    mutating func start(at now: Moment) -> [Action] {
        guard !isShuttingDown else { return [] }
        record.wantedUp = true
        switch status {
        case .starting, .running: return []
        case .stopping:
            if afterStop == .settle || afterStop == .timedOut {
                afterStop = .relaunch
                forgive()
            }
            return []
        case .registered, .scheduled, .backoff, .stopped, .completed, .failed, .unknown:
            let finished = record.finishedRuns
            let betweenRuns = status == .scheduled
            forgive()
            if betweenRuns { record.finishedRuns = finished }
            return launch(at: now, restart: false)
        }
    }

    mutating func stop(at now: Moment) -> [Action] {
        record.wantedUp = false
        queuedRun = false
        switch status {
        case .starting, .running: return beginStop(.settle)
        case .stopping:
            if afterStop != .shutdown { afterStop = isLeaving ? .forget : .settle }
            return []
        case .completed, .stopped:
            return []
        case .registered, .scheduled, .backoff, .failed, .unknown:
            settle(.stopped)
            return []
        }
    }

    mutating func restart(at now: Moment) -> [Action] {
        guard !isShuttingDown else { return [] }
        guard isActive else { return start(at: now) }
        record.wantedUp = true
        forgive()
        switch status {
        case .stopping:
            if afterStop == .settle || afterStop == .timedOut { afterStop = .relaunch }
            return []
        default:
            return beginStop(.relaunch)
        }
    }

    mutating func redefine(restarting: Bool, at now: Moment) -> [Action] {
        guard restarting || isLeaving else { return [] }
        heedEnabled()
        if !isActive { record.definition = digest }
        guard record.wantedUp else {
            // Removed and back while it stopped: it is kept, and stays down.
            if isLeaving { afterStop = .settle }
            return status == .registered ? [] : stop(at: now)
        }
        forgive()
        switch status {
        case .starting, .running: return beginStop(.relaunch)
        case .stopping:
            if afterStop != .shutdown { afterStop = .relaunch }
            return []
        case .registered, .scheduled, .backoff, .stopped, .completed, .failed, .unknown:
            record.status = .registered
            record.nextRun = nil
            return begin(at: now)
        }
    }

    mutating func remove(at now: Moment) -> [Action] {
        guard isActive else { return [.forget] }
        if status == .stopping {
            afterStop = .forget
            return []
        }
        return beginStop(.forget)
    }

    mutating func shutdown(at now: Moment) -> [Action] {
        isShuttingDown = true
        queuedRun = false
        switch status {
        case .starting, .running: return beginStop(.shutdown)
        case .stopping:
            if afterStop == .relaunch || afterStop == .timedOut { afterStop = .shutdown }
            return []
        default: return []
        }
    }

    /// Where `enabled` has changed in the file, that is the operator's last word.
    private mutating func heedEnabled() {
        guard record.enabled != spec.enabled else { return }
        record.enabled = spec.enabled
        record.wantedUp = spec.enabled
    }

    /// A new beginning: the failures before it do not count.
    mutating func forgive() {
        record.failuresInRow = 0
        record.finishedRuns = 0
        recentRestarts = []
        record.recentRestarts = nil
        record.lastError = nil
    }

    mutating func beginStop(_ after: AfterStop) -> [Action] {
        record.status = .stopping
        afterStop = after
        return [
            .stop(
                generation: record.generation, signal: SignalName.number(of: spec.stopSignal),
                timeout: spec.stopTimeout)
        ]
    }

    /// A state in which nothing runs and nothing is planned.
    mutating func settle(_ status: WorkloadStatus) {
        record.status = status
        record.nextRun = nil
        retryAt = nil
        queuedRun = false
    }
}
