import FleetModel

/// Deployments.
extension CentralClient {
    /// Begins one; a dry run answers what would be done.
    package func deploy(_ request: DeploymentRequest) async throws(FleetClientError) -> DeploymentStatus {
        try await connection.call(CentralEndpoint.deploy, body: request)
    }

    /// Newest first.
    ///
    /// - Parameter limit: within `WireLimits.deployments`.
    package func deployments(limit: Int = 20) async throws(FleetClientError) -> [DeploymentStatus] {
        try await connection.call(CentralEndpoint.deployments, query: "?limit=\(limit)")
    }

    package func deployment(_ id: String) async throws(FleetClientError) -> DeploymentStatus {
        try await connection.call(CentralEndpoint.deployment, id)
    }

    package func act(
        _ action: DeploymentAction, onDeployment id: String
    ) async throws(FleetClientError) -> ActionResult {
        try await connection.call(CentralEndpoint.act(action), id)
    }

    /// - Returns: a new deployment of the clients that failed or were skipped.
    package func retryDeployment(_ id: String) async throws(FleetClientError) -> DeploymentStatus {
        try await connection.call(CentralEndpoint.retryDeployment, id)
    }

    /// What the deploy script printed for a client, the newest at the end.
    package func deploymentOutput(_ id: String, client: String) async throws(FleetClientError) -> LogLines {
        try await connection.call(CentralEndpoint.deploymentOutput, id, client)
    }

    /// Newest first.
    package func releases() async throws(FleetClientError) -> [Release] {
        try await connection.call(CentralEndpoint.releases).releases
    }
}
