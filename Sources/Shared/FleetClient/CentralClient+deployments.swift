import FleetModel
import FoundationEssentials
import NIOCore

/// Deployments.
extension CentralClient {
    /// Begins one; a dry run answers what would be done.
    package func deploy(_ request: DeploymentRequest) async throws(FleetClientError) -> DeploymentStatus {
        let body: ByteBuffer
        do {
            body = ByteBuffer(bytes: try JSONEncoder().encode(request))
        } catch {
            throw .unreadable(server: connection.address.name, reason: "the request cannot be written: \(error)")
        }
        let endpoint = CentralEndpoint.deploy
        return try await connection.call(
            endpoint, path: endpoint.path(), body: body, timeout: limits.patient, as: DeploymentStatus.self)
    }

    /// Newest first.
    ///
    /// - Parameter limit: within `WireLimits.deployments`.
    package func deployments(limit: Int = 20) async throws(FleetClientError) -> [DeploymentStatus] {
        let endpoint = CentralEndpoint.deployments
        return try await connection.call(
            endpoint, path: endpoint.path() + "?limit=\(limit)", timeout: limits.prompt, as: [DeploymentStatus].self)
    }

    package func deployment(_ id: String) async throws(FleetClientError) -> DeploymentStatus {
        let endpoint = CentralEndpoint.deployment
        return try await connection.call(
            endpoint, path: endpoint.path(id), timeout: limits.prompt, as: DeploymentStatus.self)
    }

    package func cancelDeployment(_ id: String) async throws(FleetClientError) -> ActionResult {
        try await act(CentralEndpoint.cancelDeployment, CentralEndpoint.cancelDeployment.path(id))
    }

    package func pauseDeployment(_ id: String) async throws(FleetClientError) -> ActionResult {
        try await act(CentralEndpoint.pauseDeployment, CentralEndpoint.pauseDeployment.path(id))
    }

    package func resumeDeployment(_ id: String) async throws(FleetClientError) -> ActionResult {
        try await act(CentralEndpoint.resumeDeployment, CentralEndpoint.resumeDeployment.path(id))
    }

    /// - Returns: a new deployment of the clients that failed or were skipped.
    package func retryDeployment(_ id: String) async throws(FleetClientError) -> DeploymentStatus {
        let endpoint = CentralEndpoint.retryDeployment
        return try await connection.call(
            endpoint, path: endpoint.path(id), timeout: limits.patient, as: DeploymentStatus.self)
    }

    /// What the deploy script printed for a client, the newest at the end.
    package func deploymentOutput(_ id: String, client: String) async throws(FleetClientError) -> LogLines {
        let endpoint = CentralEndpoint.deploymentOutput
        return try await connection.call(
            endpoint, path: endpoint.path(id, client), timeout: limits.prompt, as: LogLines.self)
    }

    /// Newest first.
    package func releases() async throws(FleetClientError) -> [Release] {
        let endpoint = CentralEndpoint.releases
        // Checksums of all of them may have to be computed first.
        return try await connection.call(
            endpoint, path: endpoint.path(), timeout: limits.patient, as: ReleaseList.self
        ).releases
    }
}
