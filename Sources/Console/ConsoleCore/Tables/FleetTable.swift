import FleetConfig
import FleetModel

/// All clients.
struct FleetTable: TableSource {
    let mirror: FleetMirror
    let now: Timestamp
    let thresholds: ConsoleSettings.Thresholds
    /// Of those that may be left out, the ones to show; empty for all.
    let chosen: [String]

    private static let all = [
        Column(name: "name", title: "NAME", width: 0),
        Column(name: "status", title: "STATUS", width: 8),
        Column(name: "seen", title: "SEEN", width: 6, isRight: true),
        Column(name: "work", title: "WORK R/S/F", width: 10, isRight: true),
        Column(name: "cpu", title: "CPU%", width: 4, isRight: true, dropRank: 6, bar: 10, barRank: 3),
        Column(name: "mem", title: "MEM%", width: 5, isRight: true, dropRank: 5),
        Column(name: "disk", title: "DISK%", width: 5, isRight: true, dropRank: 4),
        Column(name: "version", title: "VERSION", width: 9, isRight: true, dropRank: 2),
        Column(name: "uptime", title: "UPTIME", width: 7, isRight: true, dropRank: 1),
    ]

    var columns: [Column] {
        chosen.isEmpty ? Self.all : Self.all.filter { $0.dropRank == nil || chosen.contains($0.name) }
    }
    var standardSort: TableState.Sort { TableState.Sort(column: "name") }

    func ids() -> [String] { Array(mirror.clients.keys) }

    func cell(_ id: String, _ column: String) -> TableCell { cell(id, mirror.clients[id]?.overview, column) }

    func cells(_ id: String, _ columns: [String]) -> [TableCell] {
        let client = mirror.clients[id]?.overview
        return columns.map { cell(id, client, $0) }
    }

    private func cell(_ id: String, _ client: ClientOverview?, _ column: String) -> TableCell {
        guard let client else {
            return column == "name" ? TableCell(id, .dim) : column == "status" ? TableCell("gone", .dim) : .unknown
        }
        let isKnown = client.status != .offline
        switch column {
        case "name": return TableCell(id)
        case "status" where client.isCloned: return TableCell("CLONED", .bad)
        case "status": return TableCell(DisplayFormat.state(client.status), DisplayFormat.role(client.status))
        case "seen":
            return client.lastSeen.map {
                TableCell(
                    DisplayFormat.age(now.seconds(since: $0)),
                    client.status == .online ? .text : DisplayFormat.role(client.status))
            } ?? .unknown
        case "work":
            guard isKnown else { return TableCell("-/-/-", .dim) }
            let other = client.workloadCount - client.workloadsRunning - client.workloadsFailed
            return TableCell(
                "\(client.workloadsRunning)/\(max(0, other))/\(client.workloadsFailed)\(client.workloadsFailed > 0 ? "!" : "")",
                client.workloadsFailed > 0 ? .bad : .text)
        case "cpu", "mem", "disk":
            guard isKnown, let percent = Self.percent(client, column) else { return .unknown }
            let level = Level(percent, pair(column))
            return TableCell(DisplayFormat.number(percent) + (level == .bad ? "!" : ""), level.role, percent: percent)
        case "version": return client.deployedVersion.map { TableCell($0) } ?? .unknown
        case "uptime":
            guard isKnown, let uptime = client.hostInfo?.uptimeSeconds else { return .unknown }
            return TableCell(DurationText.column(uptime))
        default: return .unknown
        }
    }

    static func percent(_ client: ClientOverview, _ column: String) -> Double? {
        guard let system = client.system else { return nil }
        func share(_ used: Double, _ total: Double) -> Double? { total > 0 ? 100 * used / total : nil }
        switch column {
        case "cpu": return system.cpuPercent
        case "mem": return share(system.memoryUsedMB, system.memoryTotalMB)
        default: return share(system.diskUsedGB, system.diskTotalGB)
        }
    }

    private func pair(_ column: String) -> ConsoleSettings.Thresholds.Pair {
        switch column {
        case "cpu": thresholds.cpu
        case "mem": thresholds.memory
        default: thresholds.disk
        }
    }

    func sortKey(_ id: String, _ column: String) -> SortKey {
        guard let client = mirror.clients[id]?.overview else { return .none }
        switch column {
        case "name": return .text(id)
        case "status":
            if client.isCloned { return .number(-1) }
            return .number(client.status == .offline ? 0 : client.status == .stale ? 1 : 2)
        case "seen": return SortKey(client.lastSeen.map { -Double($0.milliseconds / 5000) })
        case "work": return .number(-Double(client.workloadsFailed))
        case "version": return client.deployedVersion.map(SortKey.text) ?? .none
        case "uptime": return SortKey(client.status == .offline ? nil : client.hostInfo?.uptimeSeconds)
        default: return SortKey(client.status == .offline ? nil : Self.percent(client, column).map { -$0 })
        }
    }

    func searchText(_ id: String) -> String {
        guard let client = mirror.clients[id]?.overview else { return id }
        return
            ([
                id, DisplayFormat.state(client.status), client.isCloned ? "CLONED" : "",
                client.deployedVersion ?? "", client.host ?? "",
            ] + client.tags)
            .joined(separator: " ")
    }

    func isProblem(_ id: String) -> Bool {
        guard let client = mirror.clients[id]?.overview else { return false }
        if client.status != .online || client.workloadsFailed > 0 || client.isCloned { return true }
        return ["cpu", "mem", "disk"].contains { name in
            Self.percent(client, name).map { Level($0, pair(name)) == .bad } ?? false
        }
    }
}

/// How near a share is to its limit.
enum Level: Hashable, Sendable {
    case low, warn, bad

    init(_ percent: Double, _ pair: ConsoleSettings.Thresholds.Pair) {
        self = percent >= Double(pair.bad) ? .bad : percent >= Double(pair.warn) ? .warn : .low
    }

    var role: Role { self == .bad ? .bad : self == .warn ? .warn : .text }
    var barRole: Role { self == .bad ? .barHigh : self == .warn ? .barMid : .barLow }
}
