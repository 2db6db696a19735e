import FleetModel

/// The workloads of one client, or of all; a row is called `client/workload`.
struct WorkloadTable: TableSource {
    let mirror: FleetMirror
    let now: Timestamp
    /// nil: all clients.
    let client: String?

    private static let own = [
        Column(name: "workload", title: "WORKLOAD", width: 0),
        Column(name: "state", title: "STATE", width: 10),
        Column(name: "pid", title: "PID", width: 7, isRight: true, dropRank: 3),
        Column(name: "uptime", title: "UPTIME", width: 7, isRight: true, dropRank: 7),
        Column(name: "cpu", title: "CPU%", width: 4, isRight: true, dropRank: 6),
        Column(name: "mem", title: "MEM/LIMIT", width: 10, isRight: true, dropRank: 5),
        Column(name: "runs", title: "RUNS", width: 5, isRight: true, dropRank: 2),
        Column(name: "exit", title: "EXIT", width: 4, isRight: true, dropRank: 4),
        Column(name: "next", title: "NEXT RUN", width: 15, isRight: true, dropRank: 1),
    ]

    var columns: [Column] {
        client == nil ? [Column(name: "client", title: "CLIENT", width: 18)] + Self.own : Self.own
    }
    var standardSort: TableState.Sort { TableState.Sort(column: client == nil ? "client" : "workload") }

    func isDataIn(sort column: String) -> Bool { column != "client" && column != "workload" }

    func ids() -> [String] {
        if let client { return mirror.clients[client]?.workloads.keys.map { "\(client)/\($0)" } ?? [] }
        return mirror.clients.flatMap { name, client in client.workloads.keys.map { "\(name)/\($0)" } }
    }

    private func found(_ id: String) -> (id: WorkloadID, workload: Workload, isFresh: Bool)? {
        guard let id = WorkloadID(id), let workload = mirror.workload(id) else { return nil }
        return (id, workload, mirror.clients[id.client]?.overview.status == .online)
    }

    func cell(_ id: String, _ column: String) -> TableCell { cell(id, found(id), column) }

    func cells(_ id: String, _ columns: [String]) -> [TableCell] {
        let found = found(id)
        return columns.map { cell(id, found, $0) }
    }

    private func cell(
        _ row: String, _ found: (id: WorkloadID, workload: Workload, isFresh: Bool)?, _ column: String
    ) -> TableCell {
        guard let (id, workload, isFresh) = found else {
            let name = WorkloadID(row)
            switch column {
            case "client": return TableCell(name?.client ?? "-", .dim)
            case "workload": return TableCell(name?.workload ?? "-", .dim)
            case "state": return TableCell("gone", .dim)
            default: return .unknown
            }
        }
        // What a silent client last said is shown, and is shown to be old.
        func cell(_ text: String, _ role: Role = .text) -> TableCell { TableCell(text, isFresh ? role : .dim) }
        switch column {
        case "client": return cell(id.client)
        case "workload": return cell(id.workload)
        case "state":
            let notReady = workload.status == .running && workload.ready == false
            return cell(
                notReady ? "not ready" : DisplayFormat.state(workload.status),
                notReady ? .warn : DisplayFormat.role(workload.status))
        case "pid": return workload.pid.map { cell("\($0)") } ?? .unknown
        case "uptime":
            guard isFresh, workload.status == .running, let started = workload.lastStarted else { return .unknown }
            return cell(DisplayFormat.age(now.seconds(since: started)))
        case "cpu": return workload.cpuPercent.map { cell(DisplayFormat.number($0)) } ?? .unknown
        case "mem":
            let limit = workload.memoryLimitMB.map { "/\(DisplayFormat.megabytes(Double($0)))" } ?? ""
            guard workload.rssMB != nil || !limit.isEmpty else { return .unknown }
            let share = workload.rssMB.flatMap { used in workload.memoryLimitMB.map { used / Double(max(1, $0)) } } ?? 0
            return cell(DisplayFormat.megabytes(workload.rssMB) + limit, share >= 0.9 ? .warn : .text)
        case "runs": return cell("\(workload.runCount)")
        case "exit":
            if let signal = workload.lastSignal { return cell(signal, .bad) }
            return workload.lastExitCode.map { cell("\($0)", $0 == 0 ? .text : .bad) } ?? .unknown
        case "next": return workload.nextRun.map { cell(DisplayFormat.moment($0, now: now)) } ?? .unknown
        default: return .unknown
        }
    }

    func sortKey(_ id: String, _ column: String) -> SortKey {
        // Its name already says client and workload, and most tables are in that order.
        if column == "client" { return .text(id) }
        guard let (id, workload, _) = found(id) else { return .none }
        switch column {
        case "workload": return .text(id.workload)
        case "state": return .number(Double(Self.order.firstIndex(of: workload.status) ?? 0))
        case "pid": return SortKey(workload.pid.map(Double.init))
        case "uptime": return SortKey(workload.status == .running ? workload.lastStarted.map { -$0.seconds } : nil)
        case "cpu": return SortKey(workload.cpuPercent.map { -$0 })
        case "mem": return SortKey(workload.rssMB.map { -$0 })
        case "runs": return .number(-Double(workload.runCount))
        case "exit": return SortKey(workload.lastExitCode.map { -abs(Double($0)) })
        case "next": return SortKey(workload.nextRun?.seconds)
        default: return .none
        }
    }

    /// What an operator must look at comes first.
    private static let order: [WorkloadStatus] = [
        .failed, .backoff, .unknown, .stopping, .starting, .stopped, .registered, .running, .scheduled, .completed,
    ]

    func searchText(_ id: String) -> String {
        guard let (_, workload, _) = found(id) else { return id }
        return "\(client == nil ? id : workload.name) \(DisplayFormat.state(workload.status)) \(workload.release ?? "")"
    }

    func isProblem(_ id: String) -> Bool {
        guard let (_, workload, isFresh) = found(id) else { return false }
        return workload.status.isTrouble || workload.ready == false || !isFresh
    }
}
