import AsyncHTTPClient
import FleetModel

/// Calls to a client daemon, over its Unix socket or its port.
package struct DaemonClient: Sendable {
    private let connection: APIConnection

    package init(
        _ address: ServerAddress, token: String? = nil, http: HTTPClient, limits: TimeLimits = TimeLimits()
    ) {
        connection = APIConnection(http: http, address: address, token: token, limits: limits)
    }

    package func health() async throws(FleetClientError) -> Health { try await connection.call(DaemonEndpoint.health) }

    package func list() async throws(FleetClientError) -> [Workload] { try await overview().workloads }

    /// The workloads, and the central where the host has one.
    package func overview() async throws(FleetClientError) -> WorkloadList {
        try await connection.call(DaemonEndpoint.list)
    }

    package func status(_ name: String) async throws(FleetClientError) -> WorkloadDetail {
        try await connection.call(DaemonEndpoint.status, name)
    }

    package func act(_ action: WorkloadAction, on name: String) async throws(FleetClientError) -> ActionResult {
        try await connection.call(DaemonEndpoint.act(action), name)
    }

    package func reload() async throws(FleetClientError) -> ReloadResult {
        try await connection.call(DaemonEndpoint.reload)
    }

    package func reports() async throws(FleetClientError) -> ReportStatus {
        try await connection.call(DaemonEndpoint.reports)
    }

    package func logs(_ name: String, lines: Int) async throws(FleetClientError) -> LogLines {
        try await connection.call(DaemonEndpoint.logs, name, query: "?lines=\(lines)")
    }

    /// The log as it grows: one event a line, with the id to go on from.
    ///
    /// - Parameters:
    ///   - lines: how many of the last lines come first; not used with `after`.
    ///   - after: id of the last line that was read.
    package func followLogs(
        _ name: String, lines: Int, after: String? = nil
    ) async throws(FleetClientError) -> EventStream {
        try await connection.open(DaemonEndpoint.logs, name, query: "?lines=\(lines)&follow=true", after: after)
    }

    /// Answered when it begins to go down.
    package func shutdown(keepingWorkloads: Bool) async throws(FleetClientError) -> ActionResult {
        try await connection.call(DaemonEndpoint.shutdown, query: keepingWorkloads ? "?keep_workloads=true" : "")
    }
}
