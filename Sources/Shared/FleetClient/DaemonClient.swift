import AsyncHTTPClient
import FleetModel
import NIOCore

/// Calls to a client daemon, over its Unix socket or its port.
package struct DaemonClient: Sendable {
    /// For what is answered at once, seconds.
    static let promptly = 15.0
    /// For what waits until a workload has ended: its `stop_timeout` may be long.
    static let patiently = 120.0

    private let connection: APIConnection

    package init(_ address: ServerAddress, token: String? = nil, http: HTTPClient) {
        connection = APIConnection(http: http, address: address, token: token)
    }

    package func health() async throws(FleetClientError) -> Health {
        let endpoint = DaemonEndpoint.health
        return try await connection.call(endpoint, path: endpoint.path(), timeout: Self.promptly, as: Health.self)
    }

    package func list() async throws(FleetClientError) -> [Workload] {
        let endpoint = DaemonEndpoint.list
        return try await connection.call(
            endpoint, path: endpoint.path(), timeout: Self.promptly, as: WorkloadList.self
        ).workloads
    }

    package func status(_ name: String) async throws(FleetClientError) -> WorkloadDetail {
        let endpoint = DaemonEndpoint.status
        return try await connection.call(
            endpoint, path: endpoint.path(name), timeout: Self.promptly, as: WorkloadDetail.self)
    }

    package func start(_ name: String) async throws(FleetClientError) -> ActionResult {
        try await act(DaemonEndpoint.start, name)
    }

    package func stop(_ name: String) async throws(FleetClientError) -> ActionResult {
        try await act(DaemonEndpoint.stop, name)
    }

    package func restart(_ name: String) async throws(FleetClientError) -> ActionResult {
        try await act(DaemonEndpoint.restart, name)
    }

    package func reload() async throws(FleetClientError) -> ReloadResult {
        let endpoint = DaemonEndpoint.reload
        return try await connection.call(
            endpoint, path: endpoint.path(), timeout: Self.patiently, as: ReloadResult.self)
    }

    package func logs(_ name: String, lines: Int) async throws(FleetClientError) -> LogLines {
        let endpoint = DaemonEndpoint.logs
        return try await connection.call(
            endpoint, path: endpoint.path(name) + "?lines=\(lines)", timeout: Self.promptly, as: LogLines.self)
    }

    /// The log as it grows: one event a line, with the id to go on from.
    package func followLogs(
        _ name: String, lines: Int, after id: String? = nil
    ) async throws(FleetClientError) -> EventStream {
        let endpoint = DaemonEndpoint.logs
        let body = try await connection.open(
            endpoint, path: endpoint.path(name) + "?lines=\(lines)&follow=true", lastEventID: id,
            timeout: Self.promptly)
        return EventStream(body: body, connection: connection)
    }

    /// Answered when it begins to go down.
    package func shutdown(keepingWorkloads: Bool) async throws(FleetClientError) -> ActionResult {
        let endpoint = DaemonEndpoint.shutdown
        return try await connection.call(
            endpoint, path: endpoint.path() + (keepingWorkloads ? "?keep_workloads=true" : ""),
            timeout: Self.promptly, as: ActionResult.self)
    }

    private func act(_ endpoint: Endpoint, _ name: String) async throws(FleetClientError) -> ActionResult {
        try await connection.call(
            endpoint, path: endpoint.path(name), timeout: Self.patiently, as: ActionResult.self)
    }
}
