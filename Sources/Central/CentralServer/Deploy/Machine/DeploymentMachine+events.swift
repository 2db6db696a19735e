import FleetModel

extension DeploymentMachine {
    /// Takes an event in. One that means nothing in the present state changes nothing.
    package mutating func handle(_ event: DeploymentEvent, at now: Timestamp) -> DeploymentIntents {
        guard !state.isEnded else { return DeploymentIntents() }
        let before = jobs
        switch event {
        case .start:
            if state == .pending { enter(.inProgress, at: now) }
        case .pause:
            if state == .pending || state == .inProgress { enter(.paused, at: now) }
        case .resume:
            if state == .paused {
                enter(.inProgress, at: now)
                error = nil
            }
        case .cancel(let who):
            cancel(by: who, at: now)
        case .ended(let name, let number, let outcome):
            guard
                let index = clients.firstIndex(where: { $0.name == name && $0.number == number && $0.step != nil })
            else { return DeploymentIntents() }
            record(outcome, of: index, at: now)
        case .changed(let name, let reason):
            guard let index = clients.firstIndex(where: { $0.name == name && $0.step == nil }) else {
                return DeploymentIntents()
            }
            clients[index].error = reason
            pause(since: name, reason)
        }
        advance(at: now)
        return Self.intents(from: before, to: jobs)
    }

    private static func intents(from before: [DeploymentJob], to after: [DeploymentJob]) -> DeploymentIntents {
        let (old, new) = (Set(before), Set(after))
        return DeploymentIntents(begin: after.filter { !old.contains($0) }, end: before.filter { !new.contains($0) })
    }

    private mutating func enter(_ next: DeploymentState, at now: Timestamp) {
        state = next
        if startedAt == nil { startedAt = now }
    }

    private mutating func record(_ outcome: DeploymentOutcome, of index: Int, at now: Timestamp) {
        guard let step = clients[index].step else { return }
        switch outcome {
        case .failed(let reason):
            fail(index, step, reason, at: now)
            return
        case .unfinished(let reason, let inUse):
            guard clients[index].hasKept(inUse, in: step, of: release) else {
                fail(index, step, reason, at: now)
                return
            }
            // What is to be brought back was never gone; whether it lives is seen by what comes next.
            if step == .sync {
                clients[index].isTouched = false
                fail(index, step, reason, at: now)
                return
            }
        case .leftAlone(let reason):
            leaveAlone(index, step, reason, at: now)
            return
        case .previous(let version, let digest):
            clients[index].previousVersion = version
            clients[index].previousDigest = digest
            let present = ReleaseInUse(version: version, digest: digest)
            if let planned = clients[index].planned, !present.mayBe(planned), !present.mayBe(release) {
                let reason =
                    "it has \(present.words) in use, and had \(planned.words) when the deployment was asked for; somebody "
                    + "else has changed it"
                leaveAlone(index, step, reason, at: now)
                return
            }
        case .done: break
        }
        if let next = step.next {
            clients[index].begin(next, at: now)
        } else if step == .settle {
            clients[index].settle(.failed, at: now)
        } else {
            clients[index].settle(step.isBack ? .rolledBack : .healthy, at: now)
        }
    }

    private mutating func fail(_ index: Int, _ step: DeploymentStep, _ reason: String, at now: Timestamp) {
        let earlier = clients[index].error.map { $0 + "; " } ?? ""
        switch step {
        case .settle:
            clients[index].settle(.failed, at: now, error: earlier + reason)
        case .syncBack, .reloadBack, .watchBack:
            clients[index].settle(
                .rollbackFailed, at: now, error: earlier + "the rollback failed while \(step.words): \(reason)")
        case .ask, .sync, .reload, .watch:
            clients[index].hasFailed = true
            clients[index].settle(.failed, at: now, error: "failed while \(step.words): \(reason)")
            let isWithinBudget = failureCount <= request.maxFailures
            if isWithinBudget, request.autoRollback, clients[index].isTouched { undo(index, at: now) }
        }
    }

    private mutating func leaveAlone(_ index: Int, _ step: DeploymentStep, _ reason: String, at now: Timestamp) {
        clients[index].isLeftAlone = true
        let earlier = clients[index].error.map { $0 + "; " } ?? ""
        clients[index].settle(
            step.isBack ? .rollbackFailed : .skipped, at: now, error: "\(earlier)left alone: \(reason)")
        if !step.isBack { pause(since: clients[index].name, reason) }
    }

    private mutating func pause(since name: String, _ reason: String) {
        guard state == .pending || state == .inProgress || state == .paused else { return }
        state = .paused
        for index in clients.indices where clients[index].step == .ask && !clients[index].isTouched {
            clients[index].step = nil
            clients[index].status = .pending
        }
        error =
            "paused: client '\(name)' is left alone, since \(reason). Resume goes on without it, cancel undoes the rest"
    }

    // MARK: - What follows from the state

    private mutating func advance(at now: Timestamp) {
        if state == .inProgress || state == .paused, failureCount > request.maxFailures {
            if request.autoRollback {
                state = .rollingBack
                error = nil
                withdraw(at: now, reason: "not begun, since the deployment is undone")
            } else {
                for index in clients.indices where clients[index].status == .pending {
                    clients[index].settle(
                        .skipped, at: now, error: "not begun, since too many clients have failed")
                }
            }
        }
        switch state {
        case .inProgress:
            beginNextBatch(at: now)
            finishIfSettled(at: now)
        case .paused:
            // Whoever asked for it is to see why, and to decide.
            if !clients.contains(where: \.isLeftAlone) { finishIfSettled(at: now) }
        case .rollingBack, .cancelling:
            undoNextBatch(at: now)
            finishIfUndone(at: now)
        case .pending, .cancelled, .rolledBack, .rollbackFailed, .completed, .failed, .planned: break
        }
    }

    private mutating func beginNextBatch(at now: Timestamp) {
        guard let batch = clients.filter({ !$0.status.isSettled }).map(\.batch).min() else { return }
        for index in clients.indices where clients[index].batch == batch && clients[index].status == .pending {
            clients[index].begin(.ask, at: now)
        }
    }

    private mutating func finishIfSettled(at now: Timestamp) {
        guard clients.allSatisfy(\.status.isSettled) else { return }
        completedAt = now
        let failed = failureCount
        let alone = clients.filter(\.isLeftAlone)
        let isInVain = !alone.isEmpty && !clients.contains { $0.status == .healthy }
        state = failed > request.maxFailures || isInVain ? .failed : .completed
        let reasons = [
            failed > 0 ? failures : nil,
            alone.first.map { first in
                "not brought to \(alone.map { "'\($0.name)'" }.joined(separator: ", ")), \(first.error ?? "left alone")"
            },
        ]
        error = reasons.contains { $0 != nil } ? reasons.compactMap(\.self).joined(separator: "; ") : nil
    }

    /// `2 of 20 clients failed, the first 'kiosk-2': …`
    private var failures: String {
        let failed = clients.filter(\.hasFailed)
        guard let first = failed.min(by: { $0.batch < $1.batch }) else { return "no client failed" }
        let count = "\(failed.count) of \(clients.count) client\(clients.count == 1 ? "" : "s") failed"
        return "\(count), the first '\(first.name)': \(first.error ?? "for no known reason")"
    }

    // MARK: - Undoing

    private mutating func cancel(by who: String, at now: Timestamp) {
        guard [.pending, .inProgress, .paused].contains(state) else { return }
        enter(.cancelling, at: now)
        error = "cancelled by \(who)"
        withdraw(at: now, reason: "not begun, since the deployment was cancelled")
    }

    /// Nothing new begins: those that were not touched are skipped, and the others wait to be undone.
    private mutating func withdraw(at now: Timestamp, reason: String) {
        for index in clients.indices {
            let client = clients[index]
            if client.status == .pending || (client.step == .ask && !client.isTouched) {
                clients[index].settle(.skipped, at: now, error: reason)
            } else if let step = client.step, !step.isBack {
                if request.autoRollback {
                    clients[index].step = nil
                } else if step == .sync {
                    clients[index].begin(.settle, at: now)
                    clients[index].error = "the deployment was cancelled while its files were on the way"
                }
            }
        }
    }

    /// Newest batch first; the next one begins when the last client of this one is done.
    private mutating func undoNextBatch(at now: Timestamp) {
        guard request.autoRollback else { return }
        while true {
            let waiting = clients.filter(\.needsUndoing).map(\.batch).max()
            let busy = clients.filter { $0.step?.isBack == true }.map(\.batch).max()
            guard let batch = waiting, batch >= busy ?? Int.min else { return }
            for index in clients.indices where clients[index].batch == batch && clients[index].needsUndoing {
                undo(index, at: now)
            }
        }
    }

    private mutating func undo(_ index: Int, at now: Timestamp) {
        guard clients[index].previousVersion != nil else {
            let earlier = clients[index].error.map { $0 + "; " } ?? ""
            clients[index].settle(
                .rollbackFailed, at: now,
                error: earlier + "it cannot be rolled back: it had no release before this one")
            return
        }
        clients[index].begin(.syncBack, at: now)
    }

    private mutating func finishIfUndone(at now: Timestamp) {
        guard clients.allSatisfy({ $0.step == nil && !($0.needsUndoing && request.autoRollback) }) else { return }
        completedAt = now
        let stuck = clients.filter { $0.status == .rollbackFailed }
        if state == .cancelling {
            state = .cancelled
        } else {
            state = stuck.isEmpty ? .rolledBack : .rollbackFailed
            error = failures
        }
        guard let first = stuck.first else { return }
        error =
            (error.map { $0 + "; " } ?? "")
            + "not rolled back: \(stuck.map { "'\($0.name)'" }.joined(separator: ", "))"
            + (state == .cancelled ? " (\(first.error ?? "for no known reason"))" : "")
    }
}
