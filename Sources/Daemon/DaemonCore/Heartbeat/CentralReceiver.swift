import FleetClient
import FleetModel

/// The central as the receiver of heartbeats.
package struct CentralReceiver: HeartbeatReceiver {
    private let client: CentralClient

    package init(_ client: CentralClient) { self.client = client }

    package func send(_ heartbeat: Heartbeat) async throws { try await client.send(heartbeat) }
}
