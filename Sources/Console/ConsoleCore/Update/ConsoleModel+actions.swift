import FleetModel

/// What changes the fleet: from the key to the result of each target. The targets are settled, by their names, when the
/// key is pressed; nothing that comes later changes them.
extension ConsoleModel {
    /// Under this name the results of actions stand among the events.
    static let retryTarget = "actions"
    private static let mostRuns = 20

    mutating func begin(_ verb: Verb) -> [Effect] {
        guard isReadyToAct() else { return [] }
        if verb == .reload {
            let clients = clientsToActOn
            guard !clients.isEmpty else {
                say(.info, "no client is under the cursor")
                return []
            }
            return confirm(verb, clients.map(ActionTarget.client))
        }
        if screen == .fleet {
            guard !clientsToActOn.isEmpty else {
                say(.info, "no client is under the cursor")
                return []
            }
            overlay = .prompt(Prompt(.workload(verb, clients: clientsToActOn)))
            return []
        }
        let workloads = workloadsToActOn
        guard !workloads.isEmpty else {
            say(.info, "no workload is under the cursor")
            return []
        }
        return confirm(verb, workloads.map(ActionTarget.workload))
    }

    /// Cancels, pauses or resumes what is marked or under the cursor.
    mutating func beginOnDeployment(_ verb: Verb) -> [Effect] {
        guard isReadyToAct() else { return [] }
        let ids: [String]
        switch screen {
        case .deployments: ids = place.table.chosen
        case .deployment(let id), .output(let id, _): ids = [id]
        default: ids = []
        }
        let deployments = ids.compactMap(mirror.deployment)
        guard let first = deployments.first else {
            say(.info, "no deployment is under the cursor: \(options.keymap.name(of: .deployments)) lists them")
            return []
        }
        let verb = verb == .pause && first.status == .paused ? Verb.resume : verb
        let fitting = deployments.filter { deployment in
            switch verb {
            case .resume: deployment.status == .paused
            case .pause: deployment.status == .inProgress || deployment.status == .pending
            default: !deployment.status.isEnded
            }
        }
        guard !fitting.isEmpty else {
            say(.info, "\(first.version) is \(DisplayFormat.state(first.status)): there is nothing to \(verb.rawValue)")
            return []
        }
        return confirm(
            verb,
            fitting.compactMap { deployment in deployment.id.map { .deployment($0, version: deployment.version) } })
    }

    /// Nothing is done to a fleet that is not seen as it is.
    mutating func isReadyToAct() -> Bool {
        // Nor to one that is old still: what was missed has to be seen first.
        guard link.isLive, hasPicture, beforeLoss == nil else {
            say(
                .warning, "not connected: what is shown may not be so any more, and nothing is changed until it is live"
            )
            return false
        }
        return true
    }

    /// The clients that a key is about.
    var clientsToActOn: [String] {
        switch screen {
        case .fleet: place.table.chosen
        case .client(let name): [name]
        case .workloads: Array(Set(workloadsToActOn.map(\.client))).sorted()
        case .logs(let id), .info(let id): [id.client]
        case .events:
            place.table.cursor.flatMap { Int($0) }.flatMap { notices[$0] }.map { String($0.client) }
                .flatMap { mirror.clients[$0] == nil ? nil : [$0] } ?? []
        case .deployment, .deployments, .output, .help: []
        }
    }

    private var workloadsToActOn: [WorkloadID] {
        switch screen {
        case .client, .workloads: return place.table.chosen.compactMap { WorkloadID($0) }
        default: return workloadUnderCursor.flatMap { mirror.workload($0) == nil ? nil : [$0] } ?? []
        }
    }

    // MARK: The question

    /// Asks whether this shall be done to these.
    mutating func confirm(_ verb: Verb, _ targets: [ActionTarget]) -> [Effect] {
        var request = ActionRequest(verb: verb, targets: [])
        for target in targets {
            guard let name = target.client, let client = mirror.clients[name]?.overview else {
                request.targets.append(target)
                continue
            }
            switch client.status {
            case .offline:
                if !request.skipped.contains(name) { request.skipped.append(name) }
                continue
            case .stale:
                let age = client.lastSeen.map { DurationText.stopwatch(now.seconds(since: $0)) } ?? "-"
                if !request.stale.contains(where: { $0.hasPrefix("\(name) ") }) {
                    request.stale.append("\(name) \(age)")
                }
            case .online: break
            }
            request.targets.append(target)
        }
        guard !request.targets.isEmpty else {
            say(
                .warning,
                request.skipped.count == 1
                    ? "\(request.skipped[0]) is OFFLINE: it can be told nothing"
                    : "all \(request.skipped.count) clients are OFFLINE: they can be told nothing")
            return []
        }
        overlay = .confirm(Confirmation(request: request, isDanger: identity.isDanger))
        return []
    }

    mutating func handle(_ key: Key, in confirmation: Confirmation) -> [Effect] {
        var confirmation = confirmation
        switch key {
        case .escape, .character("n"), .character("N"), .character("q"): return giveUp()
        case .character("y"), .character("Y"):
            if confirmation.asksForCount {
                say(.info, "so many ask for their number: type \(confirmation.count) and Enter")
                return []
            }
            return run(confirmation.request)
        case .enter:
            guard confirmation.asksForCount else { return giveUp() }
            if confirmation.typed.text == "\(confirmation.count)" { return run(confirmation.request) }
            say(.warning, "that is not \(confirmation.count): nothing was done yet")
            confirmation.typed = LineEditor()
        case .character("c") where confirmation.count > 1:
            var first = confirmation.request
            first.targets = [first.targets[0]]
            return run(first)
        case .character("j") where confirmation.isList, .character("k") where confirmation.isList,
            .down where confirmation.isList, .up where confirmation.isList:
            let isDown = key == .down || key == .character("j")
            confirmation.top = max(0, min(confirmation.top + (isDown ? 1 : -1), confirmation.count - 1))
        case .character(let digit) where confirmation.asksForCount && digit.isASCII && digit.isNumber:
            if confirmation.typed.characters.count < 6 { _ = confirmation.typed.handle(key) }
        case .backspace: _ = confirmation.typed.handle(key)
        default:
            // Whatever else a hand falls on is no yes.
            return confirmation.isList ? [] : giveUp()
        }
        overlay = .confirm(confirmation)
        return []
    }

    private mutating func giveUp() -> [Effect] {
        overlay = nil
        say(.info, "nothing was done")
        return []
    }

    // MARK: Doing it

    private mutating func run(_ request: ActionRequest) -> [Effect] {
        overlay = nil
        guard isReadyToAct() else { return [] }
        runCount += 1
        runs[runCount] = ActionRun(request, at: local)
        runs[runCount - Self.mostRuns] = nil
        lastRun = runCount
        if request.targets.count > 1 {
            overlay = .results(run: runCount, top: 0)
        } else {
            message = Notice(
                time: now, severity: .info, target: "", text: "\(request.verb.rawValue) \(request.targets[0].text) ...")
            messageAt = local
        }
        return [.perform(run: runCount, request.verb, request.targets)]
    }

    mutating func record(_ outcome: Outcome, of target: Int, in number: Int) {
        guard var run = runs[number], run.outcomes.indices.contains(target), run.outcomes[target] == nil else { return }
        run.outcomes[target] = outcome
        runs[number] = run
        let verb = run.request.verb.rawValue
        if case .failed(let reason) = outcome, run.outcomes.count > 1 {
            log.append(
                Notice(
                    time: now, severity: .bad, target: run.request.targets[target].text,
                    text: "\(verb) failed: \(reason)"
                ))
        }
        guard run.isOver else { return }
        let again = "r tries again"
        if run.outcomes.count == 1 {
            let name = run.request.targets[0].text
            switch outcome {
            case .ok(let text): say(.good, "\(verb) \(name): \(text.isEmpty ? "ok" : text)")
            case .failed(let reason):
                say(.bad, "\(verb) \(name) failed: \(reason) (\(again))", target: Self.retryTarget)
            }
        } else if run.failed.isEmpty {
            say(.good, "\(verb): all \(run.outcomes.count) ok", target: Self.retryTarget)
        } else {
            say(
                .bad, "\(verb): \(run.outcomes.count - run.failed.count) ok, \(run.failed.count) failed (\(again))",
                target: Self.retryTarget)
        }
    }

    /// Asks again for those of the last action that failed.
    mutating func retryFailed() -> [Effect] {
        guard let lastRun, let run = runs[lastRun], run.isOver, !run.failed.isEmpty else {
            say(.info, "nothing failed")
            return []
        }
        overlay = nil
        guard isReadyToAct() else { return [] }
        return confirm(run.request.verb, run.failed)
    }

    mutating func handle(_ key: Key, inResultsOf number: Int, top: Int) -> [Effect] {
        guard let run = runs[number] else {
            overlay = nil
            return []
        }
        switch key {
        case .escape, .enter, .character("q"):
            overlay = nil
            if !run.isOver { say(.info, "\(run.request.verb.rawValue) goes on; its result will be said here") }
        case .character("r"): return run.isOver ? retryFailed() : []
        case .character("j"), .down, .pageDown:
            overlay = .results(run: number, top: min(top + 1, run.outcomes.count - 1))
        case .character("k"), .up, .pageUp: overlay = .results(run: number, top: max(0, top - 1))
        default: break
        }
        return []
    }
}
