import FleetModel

/// Deployments, newest first; a row is called by the id.
struct DeploymentTable: TableSource {
    let mirror: FleetMirror
    let now: Timestamp

    let columns = [
        Column(name: "version", title: "VERSION", width: 0),
        Column(name: "batch", title: "BATCH", width: 5, isRight: true, dropRank: 2),
        Column(name: "state", title: "STATE", width: 15),
        Column(name: "done", title: "DONE", width: 9, isRight: true),
        Column(name: "fail", title: "FAIL", width: 5, isRight: true),
        Column(name: "by", title: "BY", width: 12, dropRank: 3),
        Column(name: "age", title: "AGE", width: 7, isRight: true, dropRank: 4),
        Column(name: "eta", title: "ETA", width: 6, isRight: true, dropRank: 1),
    ]
    var standardSort: TableState.Sort { TableState.Sort(column: "age") }

    func ids() -> [String] { mirror.deployments.compactMap(\.id) }

    func cell(_ id: String, _ column: String) -> TableCell {
        guard let deployment = mirror.deployment(id) else { return .unknown }
        let progress = DeploymentProgress(deployment)
        switch column {
        case "version": return TableCell(deployment.release)
        case "batch": return TableCell("\(deployment.batchSize)")
        case "state":
            return TableCell(DisplayFormat.state(deployment.status), DisplayFormat.severity(of: deployment.status).role)
        case "done": return TableCell("\(progress.settled)/\(progress.total)")
        case "fail":
            return TableCell("\(progress.failed)\(progress.failed > 0 ? "!" : "")", progress.failed > 0 ? .bad : .text)
        case "by": return deployment.createdBy.map { TableCell($0) } ?? .unknown
        case "age": return TableCell(DisplayFormat.age(now.seconds(since: deployment.createdAt)))
        case "eta": return progress.remaining(deployment, now).map { TableCell(DisplayFormat.age($0)) } ?? .unknown
        default: return .unknown
        }
    }

    func sortKey(_ id: String, _ column: String) -> SortKey {
        guard let deployment = mirror.deployment(id) else { return .none }
        switch column {
        case "version": return .text(deployment.version)
        case "batch": return .number(Double(deployment.batchSize))
        case "state": return .text(deployment.status.rawValue)
        case "done": return .number(Double(DeploymentProgress(deployment).settled))
        case "fail": return .number(-Double(DeploymentProgress(deployment).failed))
        case "by": return deployment.createdBy.map(SortKey.text) ?? .none
        case "age": return .number(-deployment.createdAt.seconds)
        default: return SortKey(DeploymentProgress(deployment).remaining(deployment, now))
        }
    }

    func searchText(_ id: String) -> String {
        guard let deployment = mirror.deployment(id) else { return id }
        return "\(deployment.release) \(DisplayFormat.state(deployment.status)) \(deployment.createdBy ?? "") \(id)"
    }

    func isProblem(_ id: String) -> Bool {
        guard let deployment = mirror.deployment(id) else { return false }
        return DeploymentProgress(deployment).failed > 0 || DisplayFormat.severity(of: deployment.status) == .bad
    }
}

/// How far a deployment is.
struct DeploymentProgress: Hashable, Sendable {
    var total: Int
    var healthy = 0
    var active = 0
    var failed = 0
    var waiting = 0
    var skipped = 0
    /// From 1; 0 before the first.
    var batch = 0
    var batches = 0

    init(_ deployment: DeploymentStatus) {
        total = deployment.clientStatuses.count
        for client in deployment.clientStatuses {
            batches = max(batches, client.batchNumber + 1)
            switch client.status {
            case .healthy: healthy += 1
            case .failed, .rollbackFailed, .rolledBack: failed += 1
            case .deploying, .deployed, .rollingBack: active += 1
            case .pending: waiting += 1
            case .skipped: skipped += 1
            }
            if client.status != .pending, client.status != .skipped { batch = max(batch, client.batchNumber + 1) }
        }
    }

    var settled: Int { total - waiting - active }

    /// Seconds that it will go on, if it goes on as it has; nil where that cannot be said.
    func remaining(_ deployment: DeploymentStatus, _ now: Timestamp) -> Double? {
        guard deployment.status == .inProgress, let started = deployment.startedAt, settled > 0, settled < total else {
            return nil
        }
        return max(0, now.seconds(since: started)) / Double(settled) * Double(total - settled)
    }
}

/// The clients of one deployment.
struct DeploymentClientTable: TableSource {
    let mirror: FleetMirror
    let now: Timestamp
    let id: String

    let columns = [
        Column(name: "client", title: "CLIENT", width: 20),
        Column(name: "batch", title: "BATCH", width: 5, isRight: true, dropRank: 1),
        Column(name: "step", title: "STEP", width: 15),
        Column(name: "elapsed", title: "ELAPSED", width: 7, isRight: true, dropRank: 2),
        Column(name: "previous", title: "PREVIOUS", width: 9, dropRank: 3),
        Column(name: "detail", title: "DETAIL", width: 0),
    ]
    var standardSort: TableState.Sort { TableState.Sort(column: "batch") }

    private var deployment: DeploymentStatus? { mirror.deployment(id) }

    func ids() -> [String] { deployment?.clientStatuses.map(\.clientName) ?? [] }

    private func client(_ name: String) -> ClientDeployment? {
        deployment?.clientStatuses.first { $0.clientName == name }
    }

    func cell(_ name: String, _ column: String) -> TableCell {
        guard let client = client(name) else { return .unknown }
        switch column {
        case "client": return TableCell(name)
        case "batch": return TableCell("\(client.batchNumber + 1)")
        case "step": return TableCell(DisplayFormat.state(client.status), DisplayFormat.role(client.status))
        case "elapsed":
            guard let started = client.startedAt else { return .unknown }
            return TableCell(DurationText.stopwatch((client.completedAt ?? now).seconds(since: started)))
        case "previous": return client.previous.map { TableCell($0) } ?? .unknown
        default: return client.error.map { TableCell($0, .bad) } ?? TableCell("")
        }
    }

    func sortKey(_ name: String, _ column: String) -> SortKey {
        guard let client = client(name) else { return .none }
        switch column {
        case "client": return .text(name)
        case "batch": return .number(Double(client.batchNumber))
        case "step": return .number(client.status.isTrouble ? 0 : client.status.isSettled ? 2 : 1)
        case "elapsed": return SortKey(client.startedAt.map { -(client.completedAt ?? now).seconds(since: $0) })
        case "previous": return client.previous.map(SortKey.text) ?? .none
        default: return client.error.map(SortKey.text) ?? .none
        }
    }

    func searchText(_ name: String) -> String {
        guard let client = client(name) else { return name }
        return "\(name) \(DisplayFormat.state(client.status)) \(client.error ?? "")"
    }

    func isProblem(_ name: String) -> Bool { client(name)?.status.isTrouble ?? false }
}
