/// What a client daemon answers.
package enum DaemonEndpoint {
    package static let health = Endpoint(.get, "/api/health", Health.self)
    package static let list = Endpoint(.get, "/api/list", WorkloadList.self)
    package static let status = Endpoint(.get, "/api/status/{name}", WorkloadDetail.self)
    package static let reload = Endpoint(.post, "/api/reload", ReloadResult.self, .patient)
    /// With `follow=true` a stream.
    package static let logs = Endpoint(.get, "/api/logs/{name}", LogLines.self)
    package static let events = Endpoint(.get, "/api/events")
    package static let reports = Endpoint(.get, "/api/reports", ReportStatus.self)
    package static let shutdown = Endpoint(.post, "/api/shutdown", ActionResult.self)
    package static let metrics = Endpoint(.get, "/metrics")

    /// Answered when it is so.
    package static func act(_ action: WorkloadAction) -> Endpoint<ActionResult> {
        Endpoint(.post, "/api/\(action.rawValue)/{name}", ActionResult.self, .patient)
    }
}

/// What the central answers.
package enum CentralEndpoint {
    package static let heartbeat = Endpoint(.post, "/api/heartbeat", Health.self, .report)
    package static let health = Endpoint(.get, "/api/health", Health.self)
    package static let clients = Endpoint(.get, "/api/fleet/clients", [ClientOverview].self)
    package static let client = Endpoint(.get, "/api/fleet/clients/{name}", ClientOverview.self)
    package static let forgetClient = Endpoint(.delete, "/api/fleet/clients/{name}", ActionResult.self)
    package static let workloads = Endpoint(.get, "/api/fleet/clients/{name}/workloads", [Workload].self)
    package static let workload = Endpoint(.get, "/api/fleet/clients/{name}/workloads/{workload}", Workload.self)
    /// The whole definition, as the client has it.
    package static let workloadDetail = Endpoint(
        .get, "/api/fleet/clients/{name}/workloads/{workload}/detail", WorkloadDetail.self)
    /// With `follow=true` a stream.
    package static let logs = Endpoint(.get, "/api/fleet/clients/{name}/workloads/{workload}/logs", LogLines.self)
    package static let reload = Endpoint(.post, "/api/fleet/clients/{name}/reload", ReloadResult.self, .patient)
    package static let deploy = Endpoint(.post, "/api/fleet/deployments", DeploymentStatus.self, .patient)
    package static let deployments = Endpoint(.get, "/api/fleet/deployments", [DeploymentStatus].self)
    package static let deployment = Endpoint(.get, "/api/fleet/deployments/{id}", DeploymentStatus.self)
    package static let retryDeployment = Endpoint(
        .post, "/api/fleet/deployments/{id}/retry", DeploymentStatus.self, .patient)
    package static let deploymentOutput = Endpoint(
        .get, "/api/fleet/deployments/{id}/clients/{name}/output", LogLines.self)
    /// The releases that the control host holds. Checksums of all of them may have to be computed first.
    package static let releases = Endpoint(.get, "/api/fleet/releases", ReleaseList.self, .patient)
    package static let events = Endpoint(.get, "/api/fleet/events")
    /// Who asks and what they may do.
    package static let access = Endpoint(.get, "/api/access", AccessInfo.self)
    package static let audit = Endpoint(.get, "/api/fleet/audit", [AuditEntry].self)
    /// Requests that were refused, counted by address and minute.
    package static let refusals = Endpoint(.get, "/api/fleet/refusals", [Refusal].self)
    package static let metrics = Endpoint(.get, "/metrics")
    package static let login = Endpoint(.post, "/login")

    package static func act(_ action: WorkloadAction) -> Endpoint<ActionResult> {
        Endpoint(
            .post, "/api/fleet/clients/{name}/workloads/{workload}/\(action.rawValue)", ActionResult.self, .patient)
    }

    package static func act(_ action: DeploymentAction) -> Endpoint<ActionResult> {
        Endpoint(.post, "/api/fleet/deployments/{id}/\(action.rawValue)", ActionResult.self, .patient)
    }
}
