import FleetModel

/// Keys while something lies over the screen, and the lines that are typed.
extension ConsoleModel {
    mutating func handleInOverlay(_ key: Key) -> [Effect] {
        switch overlay {
        case .prompt(let prompt): return handle(key, in: prompt)
        case .confirm(let confirmation): return handle(key, in: confirmation)
        case .results(let run, let top): return handle(key, inResultsOf: run, top: top)
        case .deploy(let form): return handle(key, in: form)
        case nil: return []
        }
    }

    private mutating func handle(_ key: Key, in prompt: Prompt) -> [Effect] {
        var prompt = prompt
        switch key {
        case .escape: return close(prompt)
        case .backspace where prompt.line.text.isEmpty: return close(prompt)
        case .enter:
            overlay = nil
            return finish(prompt)
        case .tab, .backTab:
            prompt.complete(backwards: key == .backTab, from: completions(of: prompt))
        case .up, .down:
            switch prompt.purpose {
            case .filter: active.move(by: key == .up ? -1 : 1)
            case .command: prompt.remember(key == .up ? 1 : -1, commands)
            default: break
            }
        case .paste(let text):
            for character in text.prefix(while: { !$0.isNewline }).prefix(LineEditor.longest) {
                _ = prompt.line.handle(.character(character))
            }
            prompt.forgetCandidates()
        default:
            if prompt.line.handle(key) { prompt.forgetCandidates() }
        }
        if case .filter = prompt.purpose { active.filter = prompt.line.text }
        overlay = .prompt(prompt)
        return []
    }

    private mutating func close(_ prompt: Prompt) -> [Effect] {
        if case .filter(let before) = prompt.purpose { active.filter = before }
        overlay = nil
        return []
    }

    private mutating func finish(_ prompt: Prompt) -> [Effect] {
        let text = prompt.line.text
        switch prompt.purpose {
        case .filter: active.filter = text
        case .find:
            place.text.match = nil
            place.text.buffer.setSearch(text)
            if !text.isEmpty, !place.text.find(backwards: screen.isLog, height: layout.textRows) {
                say(.info, "'\(text)' is not there")
            }
        case .textFilter:
            place.text.buffer.setFilter(text)
            if !screen.isLog { place.text.top = place.text.buffer.first }
        case .command: return run(command: text)
        case .workload(let verb, let clients): return confirm(verb, workload: text, on: clients)
        case .save:
            guard !text.isEmpty else { return [] }
            return [.save(path: text, text: wholeText())]
        }
        return []
    }

    private mutating func confirm(_ verb: Verb, workload name: String, on clients: [String]) -> [Effect] {
        guard !name.isEmpty else {
            say(.info, "nothing was done")
            return []
        }
        let having = clients.filter { mirror.clients[$0]?.workloads[name] != nil }
        guard !having.isEmpty else {
            say(
                .warning,
                "there is no workload '\(name)' on \(clients.count == 1 ? clients[0] : "any of these \(clients.count) clients")"
            )
            return []
        }
        let effects = confirm(verb, having.map { .workload(WorkloadID(client: $0, workload: name)) })
        if having.count < clients.count {
            say(.info, "\(clients.count - having.count) of the \(clients.count) clients have no '\(name)'")
        }
        return effects
    }

    // MARK: Completion

    private func completions(of prompt: Prompt) -> [String] {
        switch prompt.purpose {
        case .command: return TypedCommand.completions(of: prompt.line.text, self)
        case .workload(_, let clients):
            var names: Set<String> = []
            for client in clients { names.formUnion((mirror.clients[client]?.workloads ?? [:]).keys) }
            return names.filter { $0.hasPrefix(prompt.line.text) }.sorted()
        case .filter, .find, .textFilter, .save: return []
        }
    }

    // MARK: Commands by name

    private mutating func run(command text: String) -> [Effect] {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true).map(String.init)
        guard let name = parts.first else { return [] }
        commands.removeAll { $0 == text }
        commands.append(text)
        if commands.count > 100 { commands.removeFirst() }
        let argument = parts.count > 1 ? parts[1].split(separator: " ").joined(separator: " ") : ""
        switch TypedCommand.Word(rawValue: name) {
        case .client:
            guard fleet.clients[argument] != nil else { return refuse("there is no client '\(argument)'") }
            return push(.client(argument))
        case .logs, .info:
            guard let id = WorkloadID(argument), fleet.workload(id) != nil else {
                return refuse("there is no workload '\(argument)': write it as CLIENT/WORKLOAD")
            }
            return push(name == "logs" ? .logs(id) : .info(id))
        case .deployment:
            guard let found = fleet.deployments.first(where: { $0.id == argument || $0.version == argument })?.id else {
                return refuse("there is no deployment '\(argument)'")
            }
            return push(.deployment(found))
        case .filter:
            if screen.isText { place.text.buffer.setFilter(argument) } else { active.filter = argument }
        case .theme:
            return argument.isEmpty
                ? refuse("themes: \(Theme.shippedNames.joined(separator: ", "))") : [.setTheme(argument)]
        case .context:
            return argument.isEmpty
                ? refuse(
                    options.contexts.isEmpty
                        ? "there are no contexts: config.yaml names them"
                        : "contexts: \(options.contexts.joined(separator: ", "))")
                : [.switchContext(argument)]
        case .dump:
            return argument.isEmpty ? refuse("where to? :dump FILE") : [.save(path: argument, text: frame().text)]
        case .q: return [.quit]
        case nil:
            guard let command = Command(rawValue: name) else {
                return refuse("there is no command '\(name)'; Tab shows those there are")
            }
            return perform(command)
        }
        return []
    }

    private mutating func refuse(_ text: String) -> [Effect] {
        say(.warning, text)
        return []
    }
}

extension Prompt {
    mutating func forgetCandidates() {
        candidates = []
        candidate = nil
    }

    /// The next, or the one before, of what may stand here.
    mutating func complete(backwards: Bool, from found: [String]) {
        if candidates.isEmpty {
            guard !found.isEmpty else { return }
            candidates = Array(found.prefix(500))
            candidate = nil
        }
        let next = candidate.map { ($0 + (backwards ? candidates.count - 1 : 1)) % candidates.count } ?? 0
        candidate = next
        line = LineEditor(candidates[next])
        // What can only be one thing is that thing, and the next Tab goes on from there.
        if candidates.count == 1 { forgetCandidates() }
    }

    /// Steps through what was typed before.
    mutating func remember(_ steps: Int, _ history: [String]) {
        past = max(0, min(past + steps, history.count))
        line = LineEditor(past == 0 ? "" : history[history.count - past])
        forgetCandidates()
    }
}
