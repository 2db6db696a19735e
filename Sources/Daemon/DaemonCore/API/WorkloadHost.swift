import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// No workload has that name.
package struct UnknownWorkload: Error, Hashable, Sendable {
    package var name: String

    package init(name: String) { self.name = name }
}

/// A host with workloads, as the API of its daemon shows it: a real one, or one that is only simulated. Both are
/// asked through the same routes, so that what a central learns from a simulated fleet holds for a real one.
///
/// Whatever takes a name throws `UnknownWorkload`.
package protocol WorkloadHost: Sendable {
    /// Lines with the id to go on from.
    associatedtype FollowedLog: AsyncSequence, Sendable where FollowedLog.Element == [ServerSentEvent]

    /// - Parameter isLocal: whether somebody of this host asks, over the socket.
    func health(isLocal: Bool) async -> Health
    func list() async throws -> WorkloadList
    func detail(of name: String) async throws -> WorkloadDetail
    func act(_ action: WorkloadAction, on name: String) async throws -> ActionResult
    /// - Throws: `DaemonControl.InvalidConfiguration` too, where nothing was changed.
    func reload() async throws -> ReloadChanges
    /// The last lines of a log.
    func log(of name: String, lines: Int) async throws -> [String]
    /// - Parameters:
    ///   - lines: how many of the last lines come first; not used with `id`.
    ///   - id: of the last line that was read, zero or more.
    func followLog(of name: String, lines: Int, after id: Int64?) async throws -> FollowedLog
}

extension Routes {
    /// What a central, a console and the command line ask any host.
    package mutating func add(_ host: some WorkloadHost) {
        on(DaemonEndpoint.health, needs: .open) { _, context in
            try .json(await host.health(isLocal: context.isLocalSocket))
        }
        on(DaemonEndpoint.list, needs: .status) { _, _ in try .json(try await host.list()) }
        on(DaemonEndpoint.status, needs: .status) { _, context in
            try .json(try await known { try await host.detail(of: context.names[0]) })
        }
        for action in WorkloadAction.allCases {
            on(DaemonEndpoint.act(action), needs: .operate) { _, context in
                try .json(try await known { try await host.act(action, on: context.names[0]) })
            }
        }
        on(DaemonEndpoint.reload, needs: .operate) { _, _ in
            do {
                return try .json(ReloadResult(changes: try await host.reload()))
            } catch let error as DaemonControl.InvalidConfiguration {
                throw APIError.invalidConfiguration(error.issues)
            }
        }
        on(DaemonEndpoint.logs, needs: .read) { request, context in
            let name = context.names[0]
            let lines = try request.lines()
            guard try request.flag("follow") else {
                return try .json(
                    LogLines(name: name, newest: try await known { try await host.log(of: name, lines: lines) }))
            }
            let last = try request.headers[.lastEventID].map { text in
                guard let id = Int64(text), id >= 0 else {
                    throw APIError.badRequest("'Last-Event-ID' must be an id that this log has sent")
                }
                return id
            }
            return try .events(
                try await known { try await host.followLog(of: name, lines: lines, after: last) }, of: request,
                in: context)
        }
    }
}

private func known<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as UnknownWorkload {
        throw APIError.notFound(
            "there is no workload '\(error.name)' here; 'master-control list' shows those that are")
    }
}
