import FleetModel

/// What happened, newest first; a row is called by its number.
struct EventTable: TableSource {
    let log: NoticeLog
    let now: Timestamp

    let columns = [
        Column(name: "time", title: "TIME", width: 15),
        Column(name: "target", title: "WHAT", width: 28),
        Column(name: "text", title: "HAPPENED", width: 0),
    ]
    var standardSort: TableState.Sort { TableState.Sort(column: "time") }

    func ids() -> [String] { (log.first..<log.end).map(String.init) }

    private func entry(_ id: String) -> Notice? { Int(id).flatMap { log[$0] } }

    func cell(_ id: String, _ column: String) -> TableCell {
        guard let entry = entry(id) else { return .unknown }
        switch column {
        case "time": return TableCell(DisplayFormat.moment(entry.time, now: now), .dim)
        case "target": return TableCell(entry.target)
        default: return TableCell(entry.text, entry.severity.role)
        }
    }

    func sortKey(_ id: String, _ column: String) -> SortKey {
        switch column {
        case "target": return .text(entry(id)?.target ?? "")
        case "text": return .text(entry(id)?.text ?? "")
        default: return SortKey(Int(id).map { -Double($0) })
        }
    }

    func searchText(_ id: String) -> String { entry(id).map { "\($0.target) \($0.text)" } ?? "" }
    func isProblem(_ id: String) -> Bool { entry(id).map { $0.severity >= .warning } ?? false }
}
