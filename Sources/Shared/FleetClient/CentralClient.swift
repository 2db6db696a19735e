import AsyncHTTPClient
import FleetModel

/// Calls to a central.
package struct CentralClient: Sendable {
    let connection: APIConnection

    /// - Parameters:
    ///   - url: `http://host:port`.
    ///   - localAddress: from which calls are to come, where this host has several.
    package init(
        url: String, token: String?, http: HTTPClient, limits: TimeLimits = TimeLimits(),
        from localAddress: String? = nil
    ) {
        connection = APIConnection(
            http: http, address: .url(url), token: token, limits: limits, localAddress: localAddress)
    }

    package func health() async throws(FleetClientError) -> Health {
        try await connection.call(CentralEndpoint.health)
    }

    /// Who this is to the central, and what it may do.
    package func access() async throws(FleetClientError) -> AccessInfo {
        try await connection.call(CentralEndpoint.access)
    }

    /// Who did what, newest first.
    ///
    /// - Parameter limit: within `WireLimits.auditEntries`.
    package func audit(limit: Int) async throws(FleetClientError) -> [AuditEntry] {
        try await connection.call(CentralEndpoint.audit, query: "?limit=\(limit)")
    }

    /// By name.
    package func clients() async throws(FleetClientError) -> [ClientOverview] {
        try await connection.call(CentralEndpoint.clients)
    }

    package func client(_ name: String) async throws(FleetClientError) -> ClientOverview {
        try await connection.call(CentralEndpoint.client, name)
    }

    package func workloads(of client: String) async throws(FleetClientError) -> [Workload] {
        try await connection.call(CentralEndpoint.workloads, client)
    }

    package func workload(_ name: String, of client: String) async throws(FleetClientError) -> Workload {
        try await connection.call(CentralEndpoint.workload, client, name)
    }

    /// The whole definition, as the client has it.
    package func detail(of workload: String, on client: String) async throws(FleetClientError) -> WorkloadDetail {
        try await connection.call(CentralEndpoint.workloadDetail, client, workload)
    }

    /// The fleet as it changes: `FleetEvent(event:data:)` reads an event. Begins with a snapshot, unless `after` is
    /// an id that the central can still go on from.
    ///
    /// - Parameters:
    ///   - after: id of the last event that was read.
    ///   - pause: milliseconds within `WireLimits.eventPause`: what comes within that time is sent together.
    package func events(after: String? = nil, pause: Int? = nil) async throws(FleetClientError) -> EventStream {
        try await connection.open(
            CentralEndpoint.events, query: pause.map { "?pause_ms=\($0)" } ?? "", after: after)
    }

    /// The log of a workload as it grows: one event a line, with the id to go on from.
    ///
    /// - Parameters:
    ///   - lines: how many of the last lines come first; not used with `after`.
    ///   - after: id of the last line that was read.
    package func followLogs(
        of workload: String, on client: String, lines: Int, after: String? = nil
    ) async throws(FleetClientError) -> EventStream {
        try await connection.open(
            CentralEndpoint.logs, client, workload, query: "?lines=\(lines)&follow=true", after: after)
    }

    package func logs(
        of workload: String, on client: String, lines: Int
    ) async throws(FleetClientError) -> LogLines {
        try await connection.call(CentralEndpoint.logs, client, workload, query: "?lines=\(lines)")
    }

    package func act(
        _ action: WorkloadAction, on workload: String, of client: String
    ) async throws(FleetClientError) -> ActionResult {
        try await connection.call(CentralEndpoint.act(action), client, workload)
    }

    package func reload(_ client: String) async throws(FleetClientError) -> ReloadResult {
        try await connection.call(CentralEndpoint.reload, client)
    }

    /// What is answered is not read: that it was taken is all there is to know.
    package func send(_ heartbeat: Heartbeat) async throws(FleetClientError) {
        _ = try await connection.raw(
            CentralEndpoint.heartbeat, path: CentralEndpoint.heartbeat.path(), body: heartbeat)
    }
}
