import FleetConfig
import FleetModel

/// Tables, and what stands around them.
extension ConsoleModel {
    /// Titles in one row, the rows of the table below it.
    ///
    /// - Parameter isActive: whether the keys go to it.
    func drawTable(
        _ source: (any TableSource)?, _ state: TableState, at titleRow: Int, rows: Int, isActive: Bool = true,
        _ frame: inout Frame
    ) {
        guard let source else { return }
        let columns = ColumnLayout(source.columns, width: size.columns).columns
        let sort = state.sort ?? source.standardSort
        for column in columns {
            let title = column.title + (column.name == sort.column ? sort.isInverted ? "v" : "^" : "")
            if column.isRight {
                frame.write(title, row: titleRow, endingAt: column.start + column.width, .column)
            } else {
                frame.write(title, row: titleRow, column: column.start, .column, width: column.width + 1)
            }
        }
        for (offset, id) in state.rows.dropFirst(state.top).prefix(rows).enumerated() {
            let row = titleRow + 1 + offset
            let isCursor = state.top + offset == state.index
            let isMarked = state.marks.contains(id)
            if isMarked {
                frame.write("*", row: row, column: 0, .marked)
            } else if source.isProblem(id) {
                frame.write("!", row: row, column: 0, .bad)
            }
            if isCursor { frame.write(">", row: row, column: 1, .key) }
            for column in columns {
                let cell = source.cell(id, column.name)
                let role = isMarked && column.name == columns[0].name ? Role.marked : cell.role
                if column.bar > 0 {
                    let number = column.start + column.width - column.bar - 1
                    frame.write(cell.text, row: row, endingAt: number, role)
                    if let percent = cell.percent {
                        drawBar(percent, role: barRole(role), row: row, column: number + 1, width: column.bar, &frame)
                    }
                } else if column.isRight {
                    frame.write(cell.text, row: row, endingAt: column.start + column.width, role)
                } else {
                    frame.write(cell.text, row: row, column: column.start, role, width: column.width)
                }
            }
            if isCursor && isActive { frame.highlight(row: row, .cursor) }
        }
        if state.rows.isEmpty { frame.write(emptyText(state), row: titleRow + 1, column: 3, .dim) }
    }

    private func barRole(_ role: Role) -> Role { role == .bad ? .barHigh : role == .warn ? .barMid : .barLow }

    private func emptyText(_ state: TableState) -> String {
        if !hasPicture { return "waiting for the central at \(identity.server)" }
        if !state.filter.isEmpty || state.problemsOnly {
            return (state.problemsOnly ? "no problems" : "nothing matches '\(state.filter)'") + " here; Esc shows all"
        }
        switch screen {
        case .fleet: return "no client has reported to this central yet"
        case .client: return "this client has no workloads"
        case .workloads: return "there are no workloads yet"
        case .deployments:
            return "nothing was deployed yet; mark clients in the fleet, then \(options.keymap.name(of: .deploy))"
        case .deployment: return "waiting for word of this deployment"
        default: return "nothing happened yet"
        }
    }

    /// `|######....|`
    func drawBar(_ percent: Double, role: Role, row: Int, column: Int, width: Int, _ frame: inout Frame) {
        let inner = max(0, width - 2)
        let full = Int((max(0, min(percent, 100)) / 100 * Double(inner)).rounded())
        frame.write("|", row: row, column: column, .dim)
        frame.fill(row: row, from: column + 1, to: column + 1 + full, with: glyphs.full, Style(role))
        frame.fill(row: row, from: column + 1 + full, to: column + 1 + inner, with: glyphs.empty, Style(.dim))
        frame.write("|", row: row, column: column + 1 + inner, .dim)
    }

    /// A line across, with something written into it.
    func drawRule(_ row: Int, _ title: String, right: String = "", role: Role = .title, _ frame: inout Frame) {
        frame.fill(row: row, with: glyphs.horizontal, Style(.rule))
        if !title.isEmpty { frame.write(" \(title) ", row: row, column: 2, role, width: size.columns - 4) }
        guard !right.isEmpty else { return }
        frame.write(" \(right) ", row: row, endingAt: size.columns - 2, .dim)
    }

    // MARK: Screens

    func drawFleet(_ frame: inout Frame) {
        drawCounts(&frame)
        drawTable(source(of: screen), place.table, at: 2, rows: layout.tableRows, &frame)
        guard let top = layout.paneTop else { return }
        guard let name = place.table.cursor, fleet.clients[name] != nil else {
            drawRule(top, "", &frame)
            return
        }
        drawRule(top, name, right: "events", &frame)
        let half = size.columns / 2
        for (index, happening) in happenings.newest(of: name, 2).enumerated() {
            let start = 1 + index * half
            let end = frame.write(Words.moment(happening.time, now: pictureTime), row: top + 1, column: start, .dim)
            let target = happening.target.dropFirst(name.count).drop { $0 == "/" }
            let text = target.isEmpty ? happening.text : "\(target) \(happening.text)"
            frame.write(text, row: top + 1, column: end + 2, happening.weight.role, width: half - (end - start) - 4)
        }
        if let action = fleet.lastActions[name] {
            let text =
                "last action: \(action.who) \(action.action) \(action.target.dropFirst(name.count).drop { $0 == "/" })"
            frame.write(
                "\(text) \(Words.moment(action.time, now: pictureTime)), \(action.result)", row: top + 2, column: 1,
                action.result == "ok" ? .dim : .warn, width: size.columns - 2)
        }
    }

    /// `clients 128: 119 online  6 STALE | work 842: 830 run  7 FAIL | deploy 1.5.0 45%`
    private func drawCounts(_ frame: inout Frame) {
        guard hasPicture else { return }
        let tally = fleet.tally
        // Where there is little room, what is as it should be is left out first.
        let gap = size.columns < 100 ? " " : "  "
        let isShort = size.columns < 76
        var column = 1
        func write(_ text: String, _ role: Role) { column = frame.write(text, row: 1, column: column, role) }
        func count(_ number: Int, _ text: String, _ role: Role) {
            guard number > 0 else { return }
            write("\(number) \(text)\(gap)", role)
        }
        write("clients \(tally.clientCount): ", .text)
        count(tally.clients[.online] ?? 0, "online", .ok)
        count(tally.clients[.stale] ?? 0, "STALE", .warn)
        count(tally.clients[.offline] ?? 0, "OFFLINE", .bad)
        write("| work \(tally.workloadCount): ", .text)
        let running = tally.workloads(where: { $0 == .running })
        let failed = tally.workloads(where: \.isTrouble)
        if !isShort {
            count(running, "run", .ok)
            count(tally.workloadCount - running - failed, "stop", .text)
        }
        count(failed, "FAIL", .bad)
        if isShort, failed == 0 { write("0 FAIL ", .ok) }
        if let deployment = fleet.deployments.first(where: { !$0.status.isEnded }) {
            let progress = DeploymentProgress(deployment)
            let percent = progress.total > 0 ? 100 * progress.settled / progress.total : 0
            write("| deploy \(deployment.version) \(percent)%", progress.failed > 0 ? .warn : .info)
        }
    }

    func drawClient(_ name: String, _ frame: inout Frame) {
        if let client = fleet.clients[name]?.overview {
            drawFacts(client, &frame)
            drawGauges(client, &frame)
        } else {
            frame.write(hasPicture ? "\(name) is not known any more" : "", row: 1, column: 1, .warn)
        }
        drawTable(source(of: screen), place.table, at: 3, rows: layout.tableRows, &frame)
        guard let top = layout.paneTop else { return }
        guard let id = workloadUnderCursor else {
            drawRule(top, "", &frame)
            return
        }
        let rows = max(0, layout.statusRow - top - 1)
        let count = min(rows, tail.buffer.count)
        let state =
            tail.isLoading
            ? "loading" : tail.saidEnd ?? (count == 0 ? "no log yet" : "last \(Words.plural(count, "line"))")
        drawRule(top, id.workload, right: state, &frame)
        for offset in 0..<count {
            let number = tail.buffer.number(at: tail.buffer.count - count + offset)
            guard let line = tail.buffer[number] else { continue }
            frame.write(line.text, row: top + 1 + offset, column: 1, .log, width: size.columns - 1)
        }
    }

    private func drawFacts(_ client: ClientOverview, _ frame: inout Frame) {
        var column = 1
        func write(_ text: String, _ role: Role = .text) {
            column = frame.write(text, row: 1, column: column, role) + 2
        }
        let age = client.lastSeen.map { Words.age(pictureTime.seconds(since: $0)) } ?? "-"
        write("\(Words.state(client.status)) \(age)", Words.role(client.status))
        if let version = client.deployedVersion { write(version) }
        if let info = client.hostInfo {
            write(info.architecture, .dim)
            if let host = client.host { write(client.apiPort.map { "\(host):\($0)" } ?? host, .dim) }
            if client.status != .offline {
                write("up \(Words.duration(info.uptimeSeconds))")
                write("load " + info.load.map { Words.decimal($0) }.joined(separator: " "))
            }
        }
        if let skew = client.clockSkewSeconds {
            write("skew \(skew < 0 ? "-" : "+")\(Words.decimal(abs(skew)))s", abs(skew) > 5 ? .warn : .dim)
        }
        if let os = client.hostInfo?.os { write(os, .dim) }
    }

    private func drawGauges(_ client: ClientOverview, _ frame: inout Frame) {
        guard client.status != .offline, client.system != nil else {
            frame.write("cpu -   mem -   disk -", row: 2, column: 1, .dim)
            return
        }
        let third = (size.columns - 2) / 3
        let gauges = [
            ("cpu", options.thresholds.cpu), ("mem", options.thresholds.memory), ("disk", options.thresholds.disk),
        ]
        for (index, (name, pair)) in gauges.enumerated() {
            guard let percent = FleetTable.percent(client, name) else { continue }
            let level = Level(percent, pair)
            let start = 1 + index * third
            var column = frame.write("\(name) ", row: 2, column: start, .text)
            let width = min(22, third - 12)
            if width >= 6 {
                drawBar(percent, role: level.barRole, row: 2, column: column, width: width, &frame)
                column += width + 1
            }
            frame.write("\(Words.number(percent))%\(level == .bad ? "!" : "")", row: 2, column: column, level.role)
        }
    }

    func drawDeployments(_ frame: inout Frame) {
        drawTable(
            source(of: screen), place.table, at: 1, rows: layout.tableRows, isActive: !place.isDetailActive, &frame)
        guard let top = layout.paneTop else { return }
        guard let id = place.table.cursor, let deployment = fleet.deployment(id) else {
            drawRule(top, "", &frame)
            return
        }
        drawRule(top, deployment.version, right: Words.state(deployment.status), &frame)
        drawProgress(deployment, at: top + 1, &frame)
        drawTable(
            detailSource(), place.detail, at: top + 3, rows: layout.detailRows, isActive: place.isDetailActive, &frame)
    }

    func drawDeployment(_ id: String, _ frame: inout Frame) {
        if let deployment = fleet.deployment(id) { drawProgress(deployment, at: 1, &frame) }
        drawTable(source(of: screen), place.table, at: 3, rows: layout.tableRows, &frame)
    }

    /// A bar and where it is, in two rows.
    private func drawProgress(_ deployment: DeploymentStatus, at row: Int, _ frame: inout Frame) {
        let progress = DeploymentProgress(deployment)
        let percent = progress.total > 0 ? 100 * progress.settled / progress.total : 0
        var words: [(String, Role)] = [("\(percent)%", .title), ("\(progress.healthy) ok", .ok)]
        if progress.active > 0 { words.append(("\(progress.active) now", .info)) }
        if progress.failed > 0 { words.append(("\(progress.failed) FAIL", .bad)) }
        if progress.waiting > 0 { words.append(("\(progress.waiting) wait", .dim)) }
        if progress.skipped > 0 { words.append(("\(progress.skipped) skipped", .dim)) }
        let width = max(8, min(72, size.columns - 46))
        let inner = width - 2
        func share(_ count: Int) -> Int { progress.total > 0 ? count * inner / progress.total : 0 }
        var column = frame.write("|", row: row, column: 1, .dim)
        for (count, glyph, role) in [
            (progress.healthy + progress.skipped, glyphs.full, Role.barLow), (progress.failed, "!", .barHigh),
            (progress.active, glyphs.half, .barMid),
        ] where count > 0 {
            let next = min(2 + inner, column + max(1, share(count)))
            frame.fill(row: row, from: column, to: next, with: glyph, Style(role))
            column = next
        }
        frame.fill(row: row, from: column, to: 2 + inner, with: glyphs.empty, Style(.dim))
        column = frame.write("|", row: row, column: 2 + inner, .dim) + 2
        for (text, role) in words { column = frame.write(text, row: row, column: column, role) + 2 }
        column =
            frame.write(
                Words.state(deployment.status), row: row + 1, column: 1, Words.weight(of: deployment.status).role) + 2
        column = frame.write("batch \(progress.batch) of \(progress.batches)", row: row + 1, column: column, .text) + 2
        if deployment.maxFailures > 0 || progress.failed > 0 {
            column =
                frame.write(
                    "\(progress.failed) of \(deployment.maxFailures) allowed failures used", row: row + 1,
                    column: column,
                    progress.failed > deployment.maxFailures ? .bad : .dim) + 2
        }
        if let error = deployment.error { frame.write(error, row: row + 1, column: column, .bad) }
    }
}
