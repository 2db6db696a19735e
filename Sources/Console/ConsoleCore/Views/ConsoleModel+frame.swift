import FleetModel

/// The picture. Everything in `Views` only reads the model.
extension ConsoleModel {
    /// What the screen shall show.
    package func frame() -> Frame {
        var frame = Frame(size, isASCII: options.isASCII)
        guard !size.isTooSmall else {
            drawTooSmall(&frame)
            return frame
        }
        drawHeader(&frame)
        switch screen {
        case .fleet: drawFleet(&frame)
        case .client(let name): drawClient(name, &frame)
        case .deployments: drawDeployments(&frame)
        case .deployment(let id): drawDeployment(id, &frame)
        case .workloads, .events: drawTable(source(of: screen), place.table, at: 1, rows: layout.tableRows, &frame)
        case .logs, .info, .output, .help: drawText(&frame)
        }
        if !screen.isText { drawStatus(&frame) }
        drawMessage(&frame)
        drawFooter(&frame)
        switch overlay {
        case .confirm(let confirmation): drawConfirmation(confirmation, &frame)
        case .results(let run, let top): drawResults(run, top, &frame)
        case .deploy(let form): drawForm(form, &frame)
        case .prompt(let prompt): drawCandidates(prompt, &frame)
        case nil: break
        }
        return frame
    }

    var glyphs: Glyphs { options.isASCII ? .ascii : Glyphs() }

    private func drawTooSmall(_ frame: inout Frame) {
        let (columns, rows) = FrameSize.least
        let texts = [
            "mc-console needs \(columns) x \(rows), this is \(size.columns) x \(size.rows)",
            "needs \(columns) x \(rows)",
            "\(columns)x\(rows)",
        ]
        frame.write(texts.first { $0.utf8.count <= size.columns } ?? "", row: size.rows / 2, column: 0, .warn)
    }

    // MARK: Header

    private func drawHeader(_ frame: inout Frame) {
        frame.fill(row: 0, Style(.header))
        var column = frame.write(" mc", row: 0, column: 0, .header) + 2
        if !identity.context.isEmpty {
            let text = identity.isDanger ? " \(identity.context) " : identity.context
            column = frame.write(text, row: 0, column: column, identity.isDanger ? .danger : .context, width: 20) + 2
        }
        let (state, role) = linkState
        let end = size.columns - 1
        let stateStart = end - state.utf8.count
        var pathEnd = stateStart - 2
        let who = (access.map { "\($0.name)@" } ?? "") + identity.server
        let path = breadcrumbs
        let whoStart = pathEnd - who.utf8.count
        if whoStart > column + path.utf8.count + 2 {
            frame.write(who, row: 0, column: whoStart, .header, width: who.utf8.count)
            pathEnd = whoStart - 2
        }
        // The end of the path is what tells where this is.
        let room = max(0, pathEnd - column)
        let shown = path.utf8.count <= room ? path : ".. " + path.suffix(max(0, room - 3))
        frame.write(shown, row: 0, column: column, .header, width: room)
        frame.write(
            state, row: 0, column: max(column, stateStart), Style(role), width: max(0, size.columns - stateStart))
    }

    private var linkState: (String, Role) {
        if let frozen {
            return (
                "FROZEN \(DisplayFormat.clock(frozen.at)), \(DisplayFormat.age(now.seconds(since: frozen.at))) old",
                .danger
            )
        }
        func old(_ since: Timestamp) -> String {
            hasPicture ? "data \(DurationText.stopwatch(local.seconds(since: since))) old" : "no data yet"
        }
        switch link {
        case .connecting: return ("CONNECTING", .header)
        case .live: return ("LIVE \(DisplayFormat.clock(now))", .header)
        case .lost(let since, let retryAt, _):
            let wait = Int(clamping: max(0, retryAt.seconds(since: local)).rounded(.up))
            return ("RETRY \(wait)s, \(old(since))", .danger)
        case .refused(let since, _): return ("REFUSED, \(old(since))", .danger)
        }
    }

    /// `fleet > pi-kitchen-02 > camera > logs`
    private var breadcrumbs: String {
        var words: [String] = []
        var before: Place.Screen?
        for place in path {
            switch place.screen {
            case .logs(let id), .info(let id):
                if before?.workload == id {
                    words.removeLast()
                } else {
                    words.append(before == .client(id.client) ? id.workload : id.text)
                }
                words.append(place.screen.title)
            case .deployment(let id): words.append(fleet.deployment(id)?.version ?? id)
            case .output(let id, let client):
                if before != .deployment(id) { words.append(fleet.deployment(id)?.version ?? id) }
                words += [client, "output"]
            default: words.append(place.screen.title)
            }
            before = place.screen
        }
        return words.joined(separator: " > ")
    }
}
