import FleetModel

/// The three rows at the bottom: how much is shown, what is to be said, the keys.
extension ConsoleModel {
    func drawStatus(_ frame: inout Frame) {
        guard let source = activeSource() else { return }
        let row = layout.statusRow
        let table = active
        var column = 1
        func write(_ text: String, _ role: Role = .dim) {
            column = frame.write(text, row: row, column: column, role) + 2
        }
        write("\(table.rows.count) shown")
        if !table.marks.isEmpty { write("\(table.marks.count) marked", .marked) }
        let sort = table.sort ?? source.standardSort
        if let title = source.columns.first(where: { $0.name == sort.column })?.title {
            write("sort \(title)\(sort.isInverted ? " inverted" : "")")
        }
        if !table.filter.isEmpty { write("filter '\(table.filter)'", .info) }
        if table.problemsOnly { write("problems only", .warn) }
        if !table.rows.isEmpty {
            frame.write("\(table.index + 1)/\(table.rows.count)", row: row, endingAt: size.columns - 1, .dim)
        }
    }

    func drawMessage(_ frame: inout Frame) {
        let row = layout.messageRow
        switch overlay {
        case .prompt(let prompt): return drawPrompt(prompt, row, &frame)
        case .confirm(let confirmation) where !confirmation.isList: return drawQuestion(confirmation, row, &frame)
        default: break
        }
        guard let message else {
            if overlay == nil, let lastRun, let run = runs[lastRun], !run.isOver {
                let what =
                    run.outcomes.count == 1
                    ? run.request.targets[0].text : "\(run.done) of \(run.outcomes.count) answered"
                let age = DurationText.stopwatch(local.seconds(since: run.begun))
                frame.write(
                    "\(run.request.verb.rawValue) \(what) ... \(age)", row: row, column: 1, .message,
                    width: size.columns - 1)
            } else if let hint {
                frame.write("! \(hint)", row: row, column: 1, .warn, width: size.columns - 1)
            }
            return
        }
        let role: Role =
            switch message.severity {
            case .bad, .warning: .messageError
            case .good: .messageOK
            case .info: .message
            }
        let sign = message.severity >= .warning ? "! " : ""
        let target = message.target.isEmpty || message.target == Self.retryTarget ? "" : "\(message.target): "
        frame.write("\(sign)\(target)\(message.text)", row: row, column: 1, role, width: size.columns - 1)
    }

    /// What is wrong with what the cursor is on.
    private var hint: String? {
        switch link {
        case .lost(_, _, let reason), .refused(_, let reason): return reason
        case .connecting, .live: break
        }
        switch screen {
        case .fleet, .client:
            let name = screen.client ?? place.table.cursor ?? ""
            if let client = fleet.clients[name]?.overview, client.status != .online {
                guard let seen = client.lastSeen else { return "\(name) has never reported" }
                return "\(name) has not reported for \(DisplayFormat.age(pictureTime.seconds(since: seen)))"
            }
            if screen == .fleet { return nil }
            return trouble
        case .workloads: return trouble
        default: return nil
        }
    }

    private var trouble: String? {
        guard let id = workloadUnderCursor, let workload = fleet.workload(id), workload.status.isTrouble else {
            return nil
        }
        return
            "\(id.workload): \(workload.lastError ?? DisplayFormat.end(of: workload) ?? DisplayFormat.state(workload.status))"
    }

    private func drawPrompt(_ prompt: Prompt, _ row: Int, _ frame: inout Frame) {
        let label: String =
            switch prompt.purpose {
            case .filter: "filter: "
            case .find: "find: "
            case .textFilter: "show lines with: "
            case .command: ":"
            case .workload(let verb, let clients):
                "\(verb.rawValue) which workload on \(clients.count == 1 ? clients[0] : "\(clients.count) clients")? "
            case .save: "save to: "
            }
        let start = frame.write(label, row: row, column: 1, .prompt)
        // The end that is typed stays in sight.
        let room = max(1, size.columns - start - 2)
        let skipped = max(0, prompt.line.cursor - room)
        let shown = String(prompt.line.characters.dropFirst(skipped))
        frame.write(shown, row: row, column: start, .prompt, width: room)
        let before = String(prompt.line.characters[skipped..<prompt.line.cursor])
        let cursor = start + Frame.columns(of: before)
        frame.highlight(row: row, from: cursor, to: cursor + 1, .cursor)
    }

    /// What Tab offers, above the line that is typed.
    func drawCandidates(_ prompt: Prompt, _ frame: inout Frame) {
        guard let chosen = prompt.candidate, prompt.candidates.count > 1 else { return }
        let row = layout.messageRow - 1
        frame.fill(row: row, Style(.dim))
        var column = 1
        for (index, text) in prompt.candidates.enumerated().dropFirst(max(0, chosen - 2)) {
            guard column < size.columns - 4 else { break }
            let word = text.split(separator: " ", maxSplits: 1).last.map(String.init) ?? text
            let end = frame.write(word, row: row, column: column, index == chosen ? .key : .dim)
            if index == chosen { frame.highlight(row: row, from: column, to: end, .cursor) }
            column = end + 2
        }
    }

    // MARK: Keys

    func drawFooter(_ frame: inout Frame) {
        let row = layout.footer
        frame.fill(row: row, Style(.footer))
        var items: [(key: String, label: String, stays: Bool)] = []
        for command in offered where isAllowed(command) {
            guard let key = options.keymap.key(of: command) else { continue }
            items.append((key.name, label(of: command), command == .help || command == .back))
        }
        // Help and the way back stay, whatever else there is no room for.
        while items.reduce(0, { $0 + $1.key.count + $1.label.count + 3 }) > size.columns + 1,
            let last = items.lastIndex(where: { !$0.stays })
        {
            items.remove(at: last)
        }
        var column = 1
        for (key, label, _) in items {
            column = frame.write(key, row: row, column: column, .key) + 1
            column = frame.write(label, row: row, column: column, .footer) + 2
        }
    }

    private func label(of command: Command) -> String {
        command == .find && screen.isText
            ? "find" : command == .open && screen.isClientTable ? "logs" : command.facts.label
    }

    /// For the screen, in order of their weight; those at the end stay.
    private var offered: [Command] {
        switch screen {
        case .fleet: [.open, .find, .commandLine, .mark, .start, .stop, .restart, .reload, .deploy, .problems, .help]
        case .client:
            [
                .open, .info, .start, .stop, .restart, .reload, .deploy, .mark, .previousClient, .nextClient, .help,
                .back,
            ]
        case .workloads: [.open, .info, .find, .problems, .mark, .start, .stop, .restart, .reload, .help, .back]
        case .deployments: [.otherPane, .open, .cancel, .pause, .deploy, .problems, .help, .back]
        case .deployment: [.open, .problems, .cancel, .pause, .deploy, .find, .help, .back]
        case .events: [.open, .find, .problems, .logs, .help, .back]
        case .logs: [.follow, .wrap, .times, .find, .findNext, .filter, .save, .copy, .restart, .help, .back]
        case .info: [.logs, .find, .start, .stop, .restart, .save, .help, .back]
        case .output: [.find, .wrap, .save, .copy, .cancel, .help, .back]
        case .help: [.find, .findNext, .save, .back]
        }
    }
}
