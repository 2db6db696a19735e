import FleetModel

/// What the templates of deployments are given.
enum DeploymentValues {
    static let verbs = ["cancel": "Cancel", "pause": "Pause", "resume": "Resume", "retry": "Retry"]

    static func title(_ all: [DeploymentStatus]) -> String {
        let active = all.count { !$0.status.isEnded }
        return active > 0 ? "\(active) under way · Deployments" : "Deployments"
    }

    static func title(_ deployment: DeploymentStatus) -> String {
        let mark = role(deployment.status) == "failed" ? "(!) " : ""
        return "\(mark)\(deployment.release) \(words(deployment.status.rawValue))"
    }

    static func row(_ deployment: DeploymentStatus, now: Timestamp) -> [String: Any] {
        [
            "id": deployment.id ?? "", "version": deployment.release, "status": words(deployment.status.rawValue),
            "role": role(deployment.status), "healthy": "\(count(deployment, .healthy))",
            "clients": "\(deployment.clientStatuses.count)", "failed": "\(failures(deployment))",
            "created": PageValues.ago(deployment.createdAt, now: now), "created_at": "\(deployment.createdAt)",
            "by": deployment.createdBy ?? "–", "error": deployment.error ?? "",
        ]
    }

    static func detail(_ deployment: DeploymentStatus, viewer: Pages.Viewer, now: Timestamp) -> [String: Any] {
        let isPlan = deployment.id == nil
        let refusals = deployment.refusals ?? []
        let heading = isPlan ? "Plan for release \(deployment.release)" : "Release \(deployment.release)"
        let batches = Dictionary(grouping: deployment.clientStatuses, by: \.batchNumber).sorted { $0.key < $1.key }
        var values: [String: Any] = [
            "heading": heading, "status": words(deployment.status.rawValue), "role": role(deployment.status),
            "id": deployment.id ?? "",
            "facts": facts(deployment, isPlan: isPlan, now: now),
            "has_refusals": !refusals.isEmpty,
            "refusals": refusals.map { ["reason": ($0.client.map { "\($0): " } ?? "") + $0.reason] },
            "batches": batches.map { number, clients in
                [
                    "title": number == 0 && deployment.canary > 0
                        ? "Batch 1, ahead of the others" : "Batch \(number + 1)",
                    "clients": clients.map { row($0, of: deployment, mayRead: viewer.mayRead, now: now) },
                ] as [String: Any]
            },
        ]
        if let error = deployment.error { values["error"] = error }
        let (all, healthy, failed) = (
            deployment.clientStatuses.count, count(deployment, .healthy), failures(deployment)
        )
        values["has_progress"] = !isPlan && all > 0
        values["clients"] = "\(all)"
        values["healthy"] = "\(healthy)"
        values["failed"] = "\(failed)"
        values["failed_from"] = "\(all - failed)"
        values["progress"] = "\(healthy) of \(all) clients are healthy, \(failed) failed"
        let actions = viewer.mayDeploy && !isPlan ? actions(deployment) : []
        values["has_actions"] = !actions.isEmpty
        values["actions"] = actions.map { ["action": $0, "verb": verbs[$0] ?? $0] }
        return values
    }

    private static func facts(_ deployment: DeploymentStatus, isPlan: Bool, now: Timestamp) -> [[String: Any]] {
        PageValues.labelled([
            ("deployment", deployment.id),
            (
                "clients",
                isPlan
                    ? "\(deployment.clientStatuses.count)"
                    : "\(count(deployment, .healthy)) of \(deployment.clientStatuses.count) healthy"
            ),
            ("begun", isPlan ? nil : PageValues.ago(deployment.createdAt, now: now)),
            (
                "took",
                deployment.completedAt.map {
                    DurationText.words($0.seconds(since: deployment.startedAt ?? deployment.createdAt))
                }
            ),
            ("by", deployment.createdBy), ("at a time", "\(deployment.batchSize)"),
            ("may fail", "\(deployment.maxFailures)"),
            ("if it fails", deployment.autoRollback ? "taken back" : "left as it is"),
        ])
    }

    private static func actions(_ deployment: DeploymentStatus) -> [String] {
        switch deployment.status {
        case .pending, .inProgress: ["pause", "cancel"]
        case .paused: ["resume", "cancel"]
        case .cancelling, .rollingBack, .planned: []
        case .cancelled, .rolledBack, .rollbackFailed, .completed, .failed:
            deployment.clientStatuses.contains { $0.status != .healthy } ? ["retry"] : []
        }
    }

    private static func row(
        _ client: ClientDeployment, of deployment: DeploymentStatus, mayRead: Bool, now: Timestamp
    ) -> [String: Any] {
        let end = client.completedAt ?? now
        return [
            "name": client.clientName, "status": words(client.status.rawValue), "role": role(client.status),
            "previous": client.previous ?? "–", "error": client.error ?? client.plan?.words ?? "",
            "took": client.startedAt.map { DurationText.words(end.seconds(since: $0)) } ?? "–",
            "link": deployment.id.flatMap { mayRead ? PageEndpoint.output.path($0, client.clientName) : nil }
                ?? PageEndpoint.client.path(client.clientName),
        ]
    }

    private static func count(_ deployment: DeploymentStatus, _ status: ClientDeploymentState) -> Int {
        deployment.clientStatuses.count { $0.status == status }
    }

    /// Those that were taken back failed too.
    private static func failures(_ deployment: DeploymentStatus) -> Int {
        deployment.clientStatuses.count { role($0.status) == "failed" }
    }

    static func words(_ text: String) -> String { String(text.map { $0 == "_" ? " " : $0 }) }

    /// The colour, by what it means for an operator.
    private static func role(_ state: DeploymentState) -> String {
        switch state {
        case .completed: "completed"
        case .failed, .rollbackFailed, .rolledBack: "failed"
        case .inProgress, .paused, .cancelling, .rollingBack: "starting"
        case .pending, .cancelled, .planned: "faint"
        }
    }

    static func role(_ state: ClientDeploymentState) -> String {
        switch state {
        case .healthy: "completed"
        case .failed, .rollbackFailed, .rolledBack: "failed"
        case .deploying, .deployed, .rollingBack: "starting"
        case .pending, .skipped: "faint"
        }
    }
}
