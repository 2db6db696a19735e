import FleetClient
import FleetModel

/// Sends heartbeats to the central.
package struct CentralHeartbeatSender: HeartbeatSender {
    private let client: CentralClient

    package init(_ client: CentralClient) { self.client = client }

    package func send(_ heartbeat: Heartbeat) async throws { try await client.send(heartbeat) }
}
