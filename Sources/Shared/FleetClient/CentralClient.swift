import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import NIOCore

/// Calls to a central.
package struct CentralClient: Sendable {
    private static let promptly = 15.0
    private static let heartbeatLimit = 10.0

    private let connection: APIConnection

    package init(url: String, token: String?, http: HTTPClient) {
        connection = APIConnection(http: http, address: .url(url), token: token)
    }

    package func clients() async throws(FleetClientError) -> [ClientOverview] {
        let endpoint = CentralEndpoint.clients
        return try await connection.call(
            endpoint, path: endpoint.path(), timeout: Self.promptly, as: [ClientOverview].self)
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
}
