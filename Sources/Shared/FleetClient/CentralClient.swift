import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import NIOCore

/// Calls to a central.
package struct CentralClient: Sendable {
    /// For a heartbeat: it is late then, and the next one says the same. Seconds.
    private static let heartbeatLimit = 10.0

    private let connection: APIConnection
    private let limits: TimeLimits

    /// - Parameter url: `http://host:port`.
    package init(url: String, token: String?, http: HTTPClient, limits: TimeLimits = TimeLimits()) {
        connection = APIConnection(http: http, address: .url(url), token: token)
        self.limits = limits
    }

    package func health() async throws(FleetClientError) -> Health {
        try await get(CentralEndpoint.health, path: CentralEndpoint.health.path())
    }

    /// By name.
    package func clients() async throws(FleetClientError) -> [ClientOverview] {
        try await get(CentralEndpoint.clients, path: CentralEndpoint.clients.path())
    }

    package func client(_ name: String) async throws(FleetClientError) -> ClientOverview {
        try await get(CentralEndpoint.client, path: CentralEndpoint.client.path(name))
    }

    package func workloads(of client: String) async throws(FleetClientError) -> [Workload] {
        try await get(CentralEndpoint.workloads, path: CentralEndpoint.workloads.path(client))
    }

    package func workload(_ name: String, of client: String) async throws(FleetClientError) -> Workload {
        try await get(CentralEndpoint.workload, path: CentralEndpoint.workload.path(client, name))
    }

    package func send(_ heartbeat: Heartbeat) async throws(FleetClientError) {
        let endpoint = CentralEndpoint.heartbeat
        let body: ByteBuffer
        do {
            body = ByteBuffer(bytes: try JSONEncoder().encode(heartbeat))
        } catch {
            throw .unreadable(server: connection.address.name, reason: "the heartbeat cannot be written: \(error)")
        }
        _ = try await connection.raw(endpoint, path: endpoint.path(), body: body, timeout: Self.heartbeatLimit)
    }

    private func get<Answer: Decodable>(
        _ endpoint: Endpoint, path: String
    ) async throws(FleetClientError) -> Answer {
        try await connection.call(endpoint, path: path, timeout: limits.prompt, as: Answer.self)
    }
}
