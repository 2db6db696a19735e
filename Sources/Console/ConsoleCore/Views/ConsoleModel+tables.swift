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
        let names = columns.map(\.name)
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
            for (column, cell) in zip(columns, source.cells(id, names)) {
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
        let full = Int(clamping: (max(0, min(percent, 100)) / 100 * Double(inner)).rounded())
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
}
