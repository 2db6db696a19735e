import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import NIOCore

/// Calls to a central.
package struct CentralClient: Sendable {
    /// For a heartbeat: it is late then, and the next one says the same. Seconds.
    private static let heartbeatLimit = 10.0

    let connection: APIConnection
    let limits: TimeLimits

    /// - Parameters:
    ///   - url: `http://host:port`.
    ///   - localAddress: from which calls are to come, where this host has several.
    package init(
        url: String, token: String?, http: HTTPClient, limits: TimeLimits = TimeLimits(),
        from localAddress: String? = nil
    ) {
        connection = APIConnection(http: http, address: .url(url), token: token, localAddress: localAddress)
        self.limits = limits
    }

    package func health() async throws(FleetClientError) -> Health {
        try await get(CentralEndpoint.health, path: CentralEndpoint.health.path())
    }

    /// Who this is to the central, and what it may do.
    package func access() async throws(FleetClientError) -> AccessInfo {
        try await get(CentralEndpoint.access, path: CentralEndpoint.access.path())
    }

    /// Who did what, newest first.
    ///
    /// - Parameter limit: within `WireLimits.auditEntries`.
    package func audit(limit: Int) async throws(FleetClientError) -> [AuditEntry] {
        try await get(CentralEndpoint.audit, path: CentralEndpoint.audit.path() + "?limit=\(limit)")
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

    /// The whole definition, as the client has it.
    package func detail(of workload: String, on client: String) async throws(FleetClientError) -> WorkloadDetail {
        try await get(CentralEndpoint.workloadDetail, path: CentralEndpoint.workloadDetail.path(client, workload))
    }

    /// The fleet as it changes: `FleetEvent(event:data:)` reads an event. Begins with a snapshot, unless `after` is
    /// an id that the central can still go on from.
    ///
    /// - Parameters:
    ///   - after: id of the last event that was read.
    ///   - pause: milliseconds within `WireLimits.eventPause`: what comes within that time is sent together.
    package func events(after: String? = nil, pause: Int? = nil) async throws(FleetClientError) -> EventStream {
        let endpoint = CentralEndpoint.events
        let body = try await connection.open(
            endpoint, path: endpoint.path() + (pause.map { "?pause_ms=\($0)" } ?? ""), lastEventID: after,
            timeout: limits.prompt)
        return EventStream(body: body, connection: connection)
    }

    /// The log of a workload as it grows: one event a line, with the id to go on from.
    ///
    /// - Parameters:
    ///   - lines: how many of the last lines come first; not used with `after`.
    ///   - after: id of the last line that was read.
    package func followLogs(
        of workload: String, on client: String, lines: Int, after: String? = nil
    ) async throws(FleetClientError) -> EventStream {
        let endpoint = CentralEndpoint.logs
        let body = try await connection.open(
            endpoint, path: endpoint.path(client, workload) + "?lines=\(lines)&follow=true", lastEventID: after,
            timeout: limits.prompt)
        return EventStream(body: body, connection: connection)
    }

    package func logs(
        of workload: String, on client: String, lines: Int
    ) async throws(FleetClientError) -> LogLines {
        let endpoint = CentralEndpoint.logs
        return try await connection.call(
            endpoint, path: endpoint.path(client, workload) + "?lines=\(lines)", timeout: limits.prompt,
            as: LogLines.self)
    }

    package func start(_ workload: String, on client: String) async throws(FleetClientError) -> ActionResult {
        try await act(CentralEndpoint.start, CentralEndpoint.start.path(client, workload))
    }

    package func stop(_ workload: String, on client: String) async throws(FleetClientError) -> ActionResult {
        try await act(CentralEndpoint.stop, CentralEndpoint.stop.path(client, workload))
    }

    package func restart(_ workload: String, on client: String) async throws(FleetClientError) -> ActionResult {
        try await act(CentralEndpoint.restart, CentralEndpoint.restart.path(client, workload))
    }

    package func reload(_ client: String) async throws(FleetClientError) -> ReloadResult {
        let endpoint = CentralEndpoint.reload
        return try await connection.call(
            endpoint, path: endpoint.path(client), timeout: limits.patient, as: ReloadResult.self)
    }

    func act(_ endpoint: Endpoint, _ path: String) async throws(FleetClientError) -> ActionResult {
        try await connection.call(endpoint, path: path, timeout: limits.patient, as: ActionResult.self)
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
