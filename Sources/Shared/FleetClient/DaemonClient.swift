import AsyncHTTPClient
import FleetModel
import NIOCore

/// Calls to a client daemon, over its Unix socket or its port.
package struct DaemonClient: Sendable {
    private let connection: APIConnection
    private let limits: TimeLimits

    package init(
        _ address: ServerAddress, token: String? = nil, http: HTTPClient, limits: TimeLimits = TimeLimits()
    ) {
        connection = APIConnection(http: http, address: address, token: token)
        self.limits = limits
    }

    package func health() async throws(FleetClientError) -> Health {
        let endpoint = DaemonEndpoint.health
        return try await connection.call(endpoint, path: endpoint.path(), timeout: limits.prompt, as: Health.self)
    }

    package func list() async throws(FleetClientError) -> [Workload] { try await overview().workloads }

    /// The workloads, and the central where the host has one.
    package func overview() async throws(FleetClientError) -> WorkloadList {
        let endpoint = DaemonEndpoint.list
        return try await connection.call(
            endpoint, path: endpoint.path(), timeout: limits.prompt, as: WorkloadList.self)
    }

    package func status(_ name: String) async throws(FleetClientError) -> WorkloadDetail {
        let endpoint = DaemonEndpoint.status
        return try await connection.call(
            endpoint, path: endpoint.path(name), timeout: limits.prompt, as: WorkloadDetail.self)
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
            endpoint, path: endpoint.path(), timeout: limits.patient, as: ReloadResult.self)
    }

    package func logs(_ name: String, lines: Int) async throws(FleetClientError) -> LogLines {
        let endpoint = DaemonEndpoint.logs
        return try await connection.call(
            endpoint, path: endpoint.path(name) + "?lines=\(lines)", timeout: limits.prompt, as: LogLines.self)
    }

    /// The log as it grows: one event a line, with the id to go on from.
    ///
    /// - Parameters:
    ///   - lines: how many of the last lines come first; not used with `after`.
    ///   - after: id of the last line that was read.
    package func followLogs(
        _ name: String, lines: Int, after: String? = nil
    ) async throws(FleetClientError) -> EventStream {
        let endpoint = DaemonEndpoint.logs
        let body = try await connection.open(
            endpoint, path: endpoint.path(name) + "?lines=\(lines)&follow=true", lastEventID: after,
            timeout: limits.prompt)
        return EventStream(body: body, connection: connection)
    }

    /// Answered when it begins to go down.
    package func shutdown(keepingWorkloads: Bool) async throws(FleetClientError) -> ActionResult {
        let endpoint = DaemonEndpoint.shutdown
        return try await connection.call(
            endpoint, path: endpoint.path() + (keepingWorkloads ? "?keep_workloads=true" : ""),
            timeout: limits.prompt, as: ActionResult.self)
    }

    private func act(_ endpoint: Endpoint, _ name: String) async throws(FleetClientError) -> ActionResult {
        try await connection.call(
            endpoint, path: endpoint.path(name), timeout: limits.patient, as: ActionResult.self)
    }
}
