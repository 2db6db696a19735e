import FleetModel

/// What lies over the screen.
extension ConsoleModel {
    /// A box in the middle with a title; returns where its text begins, or the first row.
    private func drawBox(title: String, lines: [(String, Role)], _ frame: inout Frame) {
        let widest = lines.map { Frame.columns(of: $0.0) }.max() ?? 0
        let most = size.columns - 4
        let width = min(most, max(widest, Frame.columns(of: title) + 4, 40))
        let left = (size.columns - width - 4) / 2
        let lines = lines.prefix(max(1, size.rows - 4))
        let top = max(1, (size.rows - lines.count - 2) / 2)
        func edge(_ row: Int, _ first: Character, _ last: Character) {
            frame.fill(row: row, from: left, to: left + width + 4, with: glyphs.horizontal, Style(.border))
            frame.write(String(first), row: row, column: left, .border)
            frame.write(String(last), row: row, column: left + width + 3, .border)
        }
        edge(top, glyphs.topLeft, glyphs.topRight)
        frame.write(" \(title) ", row: top, column: left + 2, .dialogTitle, width: width)
        if identity.isDanger {
            frame.write(" \(identity.context) ", row: top, endingAt: left + width + 2, .danger)
        }
        for (offset, (text, role)) in lines.enumerated() {
            let row = top + 1 + offset
            frame.fill(row: row, from: left, to: left + width + 4, Style(.dialog))
            frame.write(String(glyphs.vertical), row: row, column: left, .border)
            frame.write(text, row: row, column: left + 2, role, width: width)
            frame.write(String(glyphs.vertical), row: row, column: left + width + 3, .border)
        }
        edge(top + 1 + lines.count, glyphs.bottomLeft, glyphs.bottomRight)
    }

    /// Names beside each other, in as many rows as there is room for.
    private func flow(_ names: [String], top: Int, rows: Int) -> [(String, Role)] {
        let width = size.columns - 8
        var lines: [String] = []
        var line = ""
        for name in names {
            let next = line.isEmpty ? name : "\(line)  \(name)"
            if Frame.columns(of: next) > min(width, 72), !line.isEmpty {
                lines.append(line)
                line = name
            } else {
                line = next
            }
        }
        if !line.isEmpty { lines.append(line) }
        guard lines.count > rows else { return lines.map { ($0, .dialog) } }
        let start = min(top, lines.count - rows)
        let rest = lines.count - start - rows
        return lines[start..<start + rows].map { ($0, Role.dialog) }
            + [(rest > 0 ? "... \(DisplayFormat.plural(rest, "row")) more, j/k scroll" : "the end, j/k scroll", .dim)]
    }

    /// `RESTART camera on 14 clients`
    static func title(of request: ActionRequest) -> String {
        let verb = request.verb.rawValue.uppercased()
        let count = request.targets.count
        var names: Set<String> = []
        var clients: Set<String> = []
        for case .workload(let id) in request.targets {
            names.insert(id.workload)
            clients.insert(id.client)
        }
        if names.count == 1, let name = names.first {
            return "\(verb) \(name) on \(DisplayFormat.plural(count, "client"))"
        }
        if !names.isEmpty {
            return
                "\(verb) \(DisplayFormat.plural(count, "workload")) on \(clients.count == 1 ? clients.first ?? "" : "\(clients.count) clients")"
        }
        if case .deployment = request.targets[0] { return "\(verb) \(DisplayFormat.plural(count, "deployment"))" }
        return "\(verb) \(DisplayFormat.plural(count, "client"))"
    }

    func drawQuestion(_ confirmation: Confirmation, _ row: Int, _ frame: inout Frame) {
        let request = confirmation.request
        let what = "\(request.verb.rawValue) \(request.targets[0].text)?"
        let column = frame.write(what, row: row, column: 1, .prompt, width: max(10, size.columns - 8))
        let asked = frame.write(" y/N ", row: row, column: column, .key)
        if let stale = request.stale.first {
            let age = stale.split(separator: " ").last ?? "-"
            frame.write("STALE: last seen \(age) ago", row: row, column: asked + 1, .warn)
        }
    }

    func drawConfirmation(_ confirmation: Confirmation, _ frame: inout Frame) {
        guard confirmation.isList else { return }
        let request = confirmation.request
        // The title has the workload, where it is the same one everywhere.
        let isOne = Set(request.targets.compactMap(\.workload)).count == 1
        let names = request.targets.map { isOne ? $0.client ?? $0.text : $0.text }
        var lines = flow(names, top: confirmation.top, rows: max(1, min(6, size.rows - 9)))
        if !request.stale.isEmpty {
            lines.append(("\(request.stale.count) STALE, last seen: \(request.stale.joined(separator: ", "))", .warn))
        }
        if !request.skipped.isEmpty {
            lines.append(
                ("\(request.skipped.count) OFFLINE, will be skipped: \(request.skipped.joined(separator: ", "))", .bad))
        }
        lines.append(("", .dialog))
        let verb = request.verb.rawValue
        let first = confirmation.count > 1 ? ", c = first only" : ""
        lines.append(
            (
                confirmation.asksForCount
                    ? "Type \(confirmation.count) and Enter to \(verb) all\(first), Esc = cancel: \(confirmation.typed.text)_"
                    : "y = \(verb)\(confirmation.count > 1 ? " all" : "")\(first), Esc = cancel", .prompt
            ))
        drawBox(title: Self.title(of: request), lines: lines, &frame)
    }

    func drawResults(_ number: Int, _ top: Int, _ frame: inout Frame) {
        guard let run = runs[number] else { return }
        let order = run.outcomes.indices.sorted { a, b in
            let (x, y) = (Self.rank(run.outcomes[a]), Self.rank(run.outcomes[b]))
            return x == y ? a < b : x < y
        }
        let rows = max(1, min(12, size.rows - 8))
        let start = min(top, max(0, order.count - rows))
        var lines: [(String, Role)] = order.dropFirst(start).prefix(rows).map { index in
            let name = run.request.targets[index].text
            switch run.outcomes[index] {
            case .ok(let text): return ("ok      \(name)  \(text)", .ok)
            case .failed(let reason): return ("FAILED  \(name): \(reason)", .bad)
            case nil: return ("...     \(name)", .dim)
            }
        }
        if order.count > rows {
            lines.append(("\(start + 1)-\(start + min(rows, order.count)) of \(order.count), j/k scroll", .dim))
        }
        lines.append(("", .dialog))
        lines.append(
            (
                !run.isOver
                    ? "\(run.done) of \(order.count) answered, Esc = close and let it go on"
                    : run.failed.isEmpty
                        ? "all ok, Esc = close" : "\(run.failed.count) failed: r = retry failed, Esc = close",
                .prompt
            ))
        drawBox(title: Self.title(of: run.request), lines: lines, &frame)
    }

    private static func rank(_ outcome: Outcome?) -> Int {
        switch outcome {
        case .failed: 0
        case nil: 1
        case .ok: 2
        }
    }

    // MARK: Deploying

    func drawForm(_ form: DeployForm, _ frame: inout Frame) {
        let title = "DEPLOY to \(DisplayFormat.plural(form.targets.count, "client"))"
        var lines: [(String, Role)]
        switch form.step {
        case .loading: lines = [("asking for the releases ...", .dim)]
        case .planning: lines = [("asking the central for a plan ...", .dim)]
        case .beginning: lines = [("beginning ...", .dim)]
        case .editing:
            lines = flow(form.targets, top: 0, rows: 2)
            if lines.count > 2 { lines[2] = ("... \(form.targets.count) in all", .dim) }
            lines.append(("", .dialog))
            for field in DeployForm.Field.allCases {
                let isChosen = field == form.field
                lines.append(("\(isChosen ? ">" : " ") \(text(of: field, form, isChosen))", isChosen ? .key : .dialog))
            }
            lines.append((form.problem.map { "! \($0)" } ?? "", .bad))
            lines.append(("Enter shows the plan; Up Down choose, Left Right or digits change; Esc = cancel", .prompt))
        case .planned(let plan): lines = planLines(form, plan)
        }
        drawBox(title: title, lines: lines, &frame)
    }

    private func text(of field: DeployForm.Field, _ form: DeployForm, _ isChosen: Bool) -> String {
        func line(_ name: String, _ value: String, _ note: String = "") -> String {
            let name = name + String(repeating: " ", count: max(0, 18 - name.count))
            let value = isChosen ? "\(value)_" : value
            return
                "\(name) \(value)\(note.isEmpty ? "" : String(repeating: " ", count: max(2, 14 - value.count)) + note)"
        }
        switch field {
        case .version:
            guard form.releases.indices.contains(form.release) else { return line("version", "-") }
            let release = form.releases[form.release]
            let name = "version" + String(repeating: " ", count: 11)
            return "\(name) < \(release.version) >  \(DisplayFormat.bytes(release.sizeBytes))B, "
                + "on \(DisplayFormat.plural(release.runningOn.count, "client")), \(form.release + 1) of \(form.releases.count)"
        case .batch: return line("batch size", form.batch.text, "clients at a time")
        case .timeout: return line("timeout", form.timeout.text, "seconds to become healthy")
        case .failures: return line("failures", form.failures.text, "allowed before all is rolled back")
        case .canary: return line("canary", form.canary.text, "clients go first, 0 for none")
        case .rollback:
            return "roll back" + String(repeating: " ", count: 10) + (form.rollback ? "< yes >" : "< no >")
                + "       when it fails"
        }
    }

    private func planLines(_ form: DeployForm, _ plan: DeploymentStatus) -> [(String, Role)] {
        let refusals = plan.refusals ?? []
        let count = plan.clientStatuses.count
        var lines: [(String, Role)] = [
            (
                "version \(plan.release), batches of \(plan.batchSize)\(plan.canary > 0 ? ", \(plan.canary) first" : ""), "
                    + "\(DurationText.column(plan.healthCheckTimeout)) to become healthy, "
                    + (plan.autoRollback ? "rolls back on failure" : "NO rollback"), .dialog
            )
        ]
        var all: [(String, Role)] = []
        for refusal in refusals {
            all.append(("! \(refusal.client.map { "\($0): " } ?? "")\(refusal.reason)", .bad))
        }
        let batches = Dictionary(grouping: plan.clientStatuses, by: \.batchNumber)
        for (number, clients) in batches.sorted(by: { $0.key < $1.key }) {
            let names = clients.map { client in
                let has = client.plan?.hasItAlready == true ? ", has it already" : ""
                return client.previous.map { "\(client.clientName) (\($0)\(has))" } ?? client.clientName
            }
            all.append(("batch \(number + 1): \(names.joined(separator: "  "))", .dialog))
        }
        let rows = max(1, min(10, size.rows - 9))
        let start = min(form.top, max(0, all.count - rows))
        lines += all.dropFirst(start).prefix(rows)
        if all.count > rows { lines.append(("\(start + 1)-\(start + rows) of \(all.count) rows, j/k scroll", .dim)) }
        lines.append(("", .dialog))
        if !refusals.isEmpty {
            lines.append(("this cannot be begun; Esc = change it", .prompt))
        } else if form.asksForCount(plan) {
            lines.append(("Type \(count) and Enter to begin, Esc = change it: \(form.typed.text)_", .prompt))
        } else {
            lines.append(("y = begin, Esc = change it", .prompt))
        }
        return lines
    }
}
