import FleetModel

/// The fleet as the event stream has told it. Only events change it, never what the operator does.
package struct FleetMirror: Sendable {
    package struct Client: Sendable {
        package var overview: ClientOverview
        package var workloads: [String: Workload]
    }

    /// How many clients and workloads there are of each kind, kept as events come.
    struct Tally: Hashable, Sendable {
        var clients: [ClientStatus: Int] = [:]
        var workloads: [WorkloadStatus: Int] = [:]
        /// Names that several hosts have.
        var cloned = 0

        mutating func count(_ client: Client, _ sign: Int) {
            clients[client.overview.status, default: 0] += sign
            if client.overview.isCloned { cloned += sign }
            for workload in client.workloads.values { workloads[workload.status, default: 0] += sign }
        }

        var clientCount: Int { clients.values.reduce(0, +) }
        var workloadCount: Int { workloads.values.reduce(0, +) }
        func workloads(where matches: (WorkloadStatus) -> Bool) -> Int {
            workloads.reduce(0) { $0 + (matches($1.key) ? $1.value : 0) }
        }
    }

    package private(set) var clients: [String: Client] = [:]
    /// Newest first.
    package private(set) var deployments: [DeploymentStatus] = []
    private(set) var lastActions: [String: AuditEntry] = [:]
    private(set) var tally = Tally()
    /// Rises with every change; `members` only when something comes or goes.
    private(set) var revision = 0
    private(set) var members = 0

    static let mostDeployments = 100

    package init() {}

    func workload(_ id: WorkloadID) -> Workload? { clients[id.client]?.workloads[id.workload] }
    func deployment(_ id: String) -> DeploymentStatus? { deployments.first { $0.id == id } }

    /// - Parameter now: the central's time.
    /// - Returns: what an operator would want to be told of it.
    mutating func apply(_ event: FleetEvent, now: Timestamp) -> [Notice] {
        revision += 1
        switch event {
        case .snapshot(let snapshot):
            replace(by: snapshot)
            return []
        case .client(let overview): return apply(overview, now)
        case .workload(let change): return apply(change, now)
        case .workloadRemoved(let removal): return remove(removal, now)
        case .clientRemoved(let removal):
            guard let gone = clients.removeValue(forKey: removal.client) else { return [] }
            tally.count(gone, -1)
            members += 1
            return [Notice(time: now, severity: .info, target: removal.client, text: "forgotten")]
        case .deployment(let status): return apply(status, now)
        case .audit(let entry): return [apply(entry)]
        case .resync: return []
        }
    }

    private mutating func replace(by snapshot: FleetSnapshot) {
        members += 1
        tally = Tally()
        clients.removeAll(keepingCapacity: true)
        for client in snapshot.clients {
            let kept = Client(
                overview: client.overview,
                workloads: Dictionary(client.workloads.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last }))
            if let twin = clients.updateValue(kept, forKey: client.overview.name) { tally.count(twin, -1) }
            tally.count(kept, 1)
        }
        let known = Set(snapshot.deployments.compactMap(\.id))
        // Older ones than the snapshot has stay, unless they were not over.
        let older = deployments.filter { $0.id.map { !known.contains($0) } == true && $0.status.isEnded }
        deployments = Array((snapshot.deployments + older).prefix(Self.mostDeployments))
    }

    private mutating func apply(_ overview: ClientOverview, _ now: Timestamp) -> [Notice] {
        let name = overview.name
        guard let known = clients[name]?.overview else {
            let client = Client(overview: overview, workloads: [:])
            clients[name] = client
            tally.count(client, 1)
            members += 1
            return [Notice(time: now, severity: .good, target: name, text: "is new")]
        }
        clients[name]?.overview = overview
        var notices: [Notice] = []
        if known.status != overview.status {
            tally.clients[known.status, default: 0] -= 1
            tally.clients[overview.status, default: 0] += 1
            notices.append(Self.notice(overview, now))
        }
        if known.isCloned != overview.isCloned {
            tally.cloned += overview.isCloned ? 1 : -1
            notices.append(Self.cloneNotice(overview, now))
        }
        return notices
    }

    static func cloneNotice(_ overview: ClientOverview, _ now: Timestamp) -> Notice {
        guard let warning = overview.cloneWarning else {
            return Notice(time: now, severity: .good, target: overview.name, text: "is one host again")
        }
        return Notice(time: now, severity: .bad, target: overview.name, text: "is CLONED: \(warning)")
    }

    static func notice(_ overview: ClientOverview, _ now: Timestamp) -> Notice {
        let silence =
            overview.lastSeen.map { ", last seen \(DurationText.column(now.seconds(since: $0))) ago" } ?? ""
        switch overview.status {
        case .online: return Notice(time: now, severity: .good, target: overview.name, text: "is online")
        case .stale: return Notice(time: now, severity: .warning, target: overview.name, text: "is STALE" + silence)
        case .offline: return Notice(time: now, severity: .bad, target: overview.name, text: "is OFFLINE" + silence)
        }
    }

    private mutating func apply(_ change: WorkloadChange, _ now: Timestamp) -> [Notice] {
        guard clients[change.client] != nil else { return [] }
        let id = WorkloadID(client: change.client, workload: change.workload.name)
        let before = clients[change.client]?.workloads.updateValue(change.workload, forKey: change.workload.name)
        guard let before else {
            members += 1
            tally.workloads[change.workload.status, default: 0] += 1
            return [Notice(time: now, severity: .info, target: id.text, text: "is new")]
        }
        guard before.status != change.workload.status || before.runCount != change.workload.runCount else { return [] }
        tally.workloads[before.status, default: 0] -= 1
        tally.workloads[change.workload.status, default: 0] += 1
        return Self.notice(id, change.workload, now).map { [$0] } ?? []
    }

    /// nil for the steps on the way, which come in pairs and would only fill the screen.
    static func notice(_ id: WorkloadID, _ workload: Workload, _ now: Timestamp) -> Notice? {
        func notice(_ severity: Notice.Severity, _ text: String) -> Notice {
            Notice(time: now, severity: severity, target: id.text, text: text)
        }
        let end = DisplayFormat.end(of: workload)
        switch workload.status {
        case .running: return notice(.good, "runs" + (workload.pid.map { ", pid \($0)" } ?? ""))
        case .backoff:
            let wait = workload.nextRun.map { ", restart in \(DurationText.column($0.seconds(since: now)))" } ?? ""
            return notice(.bad, "\(end ?? "ended")\(wait)")
        case .failed: return notice(.bad, "FAILED: \(workload.lastError ?? end ?? "no reason is known")")
        case .stopped: return notice(.info, "stopped")
        case .completed: return notice(.good, "completed")
        case .registered, .scheduled, .starting, .stopping, .unknown: return nil
        }
    }

    private mutating func remove(_ removal: WorkloadRemoval, _ now: Timestamp) -> [Notice] {
        guard let gone = clients[removal.client]?.workloads.removeValue(forKey: removal.workload) else { return [] }
        tally.workloads[gone.status, default: 0] -= 1
        members += 1
        return [Notice(time: now, severity: .info, target: "\(removal.client)/\(removal.workload)", text: "removed")]
    }

    private mutating func apply(_ status: DeploymentStatus, _ now: Timestamp) -> [Notice] {
        var before: DeploymentStatus?
        if let index = deployments.firstIndex(where: { $0.id == status.id }) {
            before = deployments[index]
            deployments[index] = status
        } else {
            members += 1
            deployments.insert(status, at: 0)
            deployments = Array(deployments.prefix(Self.mostDeployments))
        }
        let target = "deploy \(status.version)"
        var notices: [Notice] = []
        if before?.status != status.status {
            notices.append(
                Notice(
                    time: now, severity: DisplayFormat.severity(of: status.status), target: target,
                    text: DisplayFormat.state(status.status) + (status.error.map { ": \($0)" } ?? "")))
        }
        let old = Dictionary(
            (before?.clientStatuses ?? []).map { ($0.clientName, $0.status) }, uniquingKeysWith: { first, _ in first })
        for client in status.clientStatuses
        where client.status.isTrouble && old[client.clientName] != client.status {
            notices.append(
                Notice(
                    time: now, severity: .bad, target: client.clientName,
                    text: "\(target) \(DisplayFormat.state(client.status))" + (client.error.map { ": \($0)" } ?? "")))
        }
        return notices
    }

    private mutating func apply(_ entry: AuditEntry) -> Notice {
        let client = String(entry.target.prefix { $0 != "/" })
        if clients[client] != nil { lastActions[client] = entry }
        return Self.notice(entry)
    }

    static func notice(_ entry: AuditEntry) -> Notice {
        Notice(
            time: entry.time, severity: entry.result == "ok" ? .info : .warning, target: entry.target,
            text: "\(entry.who): \(entry.action), \(entry.result)")
    }

    /// Keeps actions that were done before this console was started.
    mutating func remember(_ entries: [AuditEntry]) {
        for entry in entries.sorted(by: { $0.time < $1.time }) {
            let client = String(entry.target.prefix { $0 != "/" })
            if lastActions[client].map({ $0.time < entry.time }) ?? true { lastActions[client] = entry }
        }
    }
}

extension ClientDeploymentState {
    var isTrouble: Bool { self == .failed || self == .rollbackFailed }
}
