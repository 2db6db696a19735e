import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// The routes of a client daemon: the same on its port and on its Unix socket.
package enum DaemonRoutes {
    /// - Parameters:
    ///   - central: how the central of this host is; nil where it has none.
    ///   - shutdown: begins the end of the daemon; true leaves the workloads running.
    package static func make(
        control: DaemonControl, events: WorkloadEvents, reports: ReportTally, policy: AccessPolicy,
        central: @escaping @Sendable () async -> CentralProcess? = { nil },
        shutdown: @escaping @Sendable (Bool) async -> Void
    ) -> Routes {
        var routes = Routes(policy: policy)
        routes.on(DaemonEndpoint.health, needs: .open) { _, _ in try .json(control.health) }
        routes.on(DaemonEndpoint.list, needs: .status) { _, _ in
            try .json(WorkloadList(workloads: await control.ready().list(), central: await central()))
        }
        routes.on(DaemonEndpoint.status, needs: .status) { _, context in
            try .json(try await known { try await control.ready().status(context.names[0]) })
        }
        routes.on(DaemonEndpoint.start, needs: .operate) { _, context in
            try .json(try await known { try await control.ready().start(context.names[0]) })
        }
        routes.on(DaemonEndpoint.stop, needs: .operate) { _, context in
            try .json(try await known { try await control.ready().stop(context.names[0]) })
        }
        routes.on(DaemonEndpoint.restart, needs: .operate) { _, context in
            try .json(try await known { try await control.ready().restart(context.names[0]) })
        }
        routes.on(DaemonEndpoint.reload, needs: .operate) { _, _ in
            do {
                return try .json(ReloadResult(changes: try await control.reload()))
            } catch let error as DaemonControl.InvalidConfiguration {
                throw APIError.invalidConfiguration(error.issues)
            }
        }
        routes.on(DaemonEndpoint.logs, needs: .read) { request, context in
            try await logs(of: context.names[0], request: request, context: context, control: control)
        }
        routes.on(DaemonEndpoint.events, needs: .status) { request, context in
            try .events(of: events.log, for: request, in: context, seesGuarded: true) {
                await events.update { await control.ready().list() }
                return events.snapshot()
            }
        }
        routes.on(DaemonEndpoint.metrics, needs: .status) { _, _ in
            await DaemonMetrics(control: control, events: events, reports: reports).text().response
        }
        routes.on(DaemonEndpoint.shutdown, needs: .localSocket) { request, _ in
            let keeping = try request.flag("keep_workloads")
            await shutdown(keeping)
            return try .json(
                ActionResult(
                    success: true,
                    message: keeping
                        ? "The daemon is going down; its workloads keep running"
                        : "The daemon is stopping its workloads and going down"))
        }
        return routes
    }

    private static func logs(
        of name: String, request: Request, context: FleetContext, control: DaemonControl
    ) async throws -> Response {
        let count = try request.lines()
        _ = try await known { try await control.ready().spec(name) }
        let files = control.logFiles(of: name)
        guard try request.flag("follow") else {
            return try .json(LogLines(name: name, lines: LogTail(path: files.path).lines(count)))
        }
        var offset: Int64
        if let last = request.headers[.lastEventID] {
            guard let read = Int64(last), read >= 0 else {
                throw APIError.badRequest("'Last-Event-ID' must be an id that this log has sent")
            }
            offset = read
        } else {
            offset = LogFollower.start(of: count, in: files)
        }
        return try .events(LogEvents(files: files, from: offset), of: request, in: context)
    }

    private static func known<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as Supervisor.UnknownWorkload {
            throw APIError.notFound(
                "there is no workload '\(error.name)' here; 'master-control list' shows those that are")
        }
    }
}
