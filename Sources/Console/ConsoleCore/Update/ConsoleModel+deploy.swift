import FleetModel

/// The form for a deployment: choose, see the plan, begin.
extension ConsoleModel {
    mutating func beginDeploy() -> [Effect] {
        guard isReadyToAct() else { return [] }
        let form: DeployForm
        switch screen {
        case .fleet:
            let table = place.table
            let isNarrowed = !table.filter.isEmpty || table.problemsOnly
            form = DeployForm(targets: table.marks.isEmpty && isNarrowed ? table.rows : table.chosen)
        case .client(let name): form = DeployForm(targets: [name])
        case .deployments, .deployment:
            let id = screen == .deployments ? place.table.cursor : screen.deployment
            guard let deployment = id.flatMap(mirror.deployment) else {
                say(
                    .info,
                    "no deployment is under the cursor; in the fleet \(options.keymap.name(of: .deploy)) begins one")
                return []
            }
            form = DeployForm(again: deployment)
        default:
            say(
                .info, "mark or filter clients in the fleet (\(options.keymap.name(of: .fleet))), and deploy from there"
            )
            return []
        }
        guard !form.targets.isEmpty else {
            say(.info, "there is no client to deploy to")
            return []
        }
        overlay = .deploy(form)
        return [.loadReleases]
    }

    mutating func receive(releases answer: Answer<[Release]>) {
        guard case .deploy(var form) = overlay, case .loading = form.step else { return }
        switch answer {
        case .value(let releases) where releases.isEmpty:
            overlay = nil
            say(.warning, "there is no release on the control host: put one into its releases folder first")
        case .value(let releases):
            form.releases = releases
            form.release = releases.firstIndex { $0.version == form.wanted } ?? 0
            if let wanted = form.wanted, releases[form.release].version != wanted {
                form.problem = "the release \(wanted) is not on the control host any more"
            }
            form.step = .editing
            overlay = .deploy(form)
        case .failure(let reason):
            overlay = nil
            say(.bad, reason)
        }
    }

    mutating func receive(plan answer: Answer<DeploymentStatus>) {
        guard case .deploy(var form) = overlay, case .planning = form.step else { return }
        switch answer {
        case .value(let plan):
            form.step = .planned(plan)
            form.typed = LineEditor()
            form.top = 0
        case .failure(let reason):
            form.step = .editing
            form.problem = reason
        }
        overlay = .deploy(form)
    }

    mutating func receive(begun answer: Answer<DeploymentStatus>) -> [Effect] {
        var isWaiting = false
        if case .deploy(let form) = overlay, case .beginning = form.step { isWaiting = true }
        if isWaiting { overlay = nil }
        switch answer {
        case .value(let deployment):
            say(
                .good,
                "deployment of \(deployment.version) to \(DisplayFormat.plural(deployment.targetClients.count, "client")) begun"
            )
            guard isWaiting, let id = deployment.id else { return [] }
            return push(.deployment(id))
        case .failure(let reason):
            say(.bad, reason)
            return []
        }
    }

    mutating func handle(_ key: Key, in form: DeployForm) -> [Effect] {
        var form = form
        switch form.step {
        case .loading, .planning, .beginning:
            if key == .escape { overlay = nil }
            return []
        case .editing:
            switch key {
            case .escape:
                overlay = nil
                say(.info, "nothing was done")
                return []
            case .enter:
                switch form.request() {
                case .success(var request):
                    request.dryRun = true
                    form.problem = nil
                    form.step = .planning
                    overlay = .deploy(form)
                    return [.plan(request)]
                case .failure(let problem): form.problem = problem.text
                }
            default: form.edit(key)
            }
        case .planned(let plan): return handle(key, in: form, plan)
        }
        overlay = .deploy(form)
        return []
    }

    private mutating func handle(_ key: Key, in form: DeployForm, _ plan: DeploymentStatus) -> [Effect] {
        var form = form
        let count = plan.clientStatuses.count
        let isRefused = plan.refusals?.isEmpty == false
        var isYes = false
        switch key {
        case .escape, .character("n"):
            form.step = .editing
        case .character("y"), .character("Y"): isYes = !form.asksForCount(plan)
        case .enter:
            isYes = form.asksForCount(plan) && form.typed.text == "\(count)"
            form.typed = LineEditor()
        case .character("j"), .down, .pageDown: form.top = min(form.top + 1, max(0, count - 1))
        case .character("k"), .up, .pageUp: form.top = max(0, form.top - 1)
        case .character(let digit) where digit.isASCII && digit.isNumber:
            if form.typed.characters.count < 6 { _ = form.typed.handle(key) }
        case .backspace: _ = form.typed.handle(key)
        default: break
        }
        if isYes, !isRefused, isReadyToAct(), case .success(let request) = form.request() {
            form.step = .beginning
            overlay = .deploy(form)
            return [.deploy(request)]
        }
        overlay = .deploy(form)
        return []
    }
}

extension DeployForm {
    /// The same as before, to the same clients.
    init(again deployment: DeploymentStatus) {
        self.init(targets: deployment.targetClients, version: deployment.version)
        batch = LineEditor("\(deployment.batchSize)")
        timeout = LineEditor(Self.text(deployment.healthCheckTimeout))
        failures = LineEditor("\(deployment.maxFailures)")
        canary = LineEditor("\(deployment.canary)")
        rollback = deployment.autoRollback
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(clamping: seconds))" : "\(seconds)"
    }

    func asksForCount(_ plan: DeploymentStatus) -> Bool { plan.clientStatuses.count >= Confirmation.manyTargets }

    /// A key for the field that is chosen.
    mutating func edit(_ key: Key) {
        problem = nil
        let fields = Field.allCases
        switch key {
        case .down, .tab: field = fields[(field.rawValue + 1) % fields.count]
        case .up, .backTab: field = fields[(field.rawValue + fields.count - 1) % fields.count]
        case .left: change(by: -1)
        case .right: change(by: 1)
        case .character("j") where field == .version || field == .rollback:
            field = fields[field.rawValue + 1 == fields.count ? 0 : field.rawValue + 1]
        case .character("k") where field == .version || field == .rollback:
            field = fields[(field.rawValue + fields.count - 1) % fields.count]
        case .character(" ") where field == .rollback: rollback.toggle()
        case .character(let character):
            guard character.isASCII, character.isNumber || character == ".", let path = Self.number(field) else {
                return
            }
            if self[keyPath: path].characters.count < 6 { _ = self[keyPath: path].handle(key) }
        default:
            if let path = Self.number(field) { _ = self[keyPath: path].handle(key) }
        }
    }

    private mutating func change(by steps: Int) {
        switch field {
        case .version: release = max(0, min(release + steps, releases.count - 1))
        case .rollback: rollback.toggle()
        default:
            guard let path = Self.number(field) else { return }
            let least = field == .batch || field == .timeout ? 1 : 0
            self[keyPath: path] = LineEditor("\(max(least, (Int(self[keyPath: path].text) ?? least) + steps))")
        }
    }

    static func number(_ field: Field) -> WritableKeyPath<DeployForm, LineEditor>? {
        switch field {
        case .batch: \.batch
        case .timeout: \.timeout
        case .failures: \.failures
        case .canary: \.canary
        case .version, .rollback: nil
        }
    }
}
