import FleetHTTP
import FleetModel

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
        routes.clientName = control.clientName
        routes.add(RealHost(control: control, central: central))
        routes.on(DaemonEndpoint.events, needs: .status) { request, context in
            try .events(of: events.log, for: request, in: context, seesGuarded: true) {
                await events.update { await control.ready().list() }
                return events.snapshot()
            }
        }
        routes.on(DaemonEndpoint.metrics, needs: .status) { _, _ in
            await DaemonMetrics(control: control, events: events, reports: reports).text().response
        }
        routes.on(DaemonEndpoint.reports, needs: .status) { _, _ in
            let counts = reports.counts
            return try .json(
                ReportStatus(
                    clientName: control.clientName, central: reports.central, arrived: counts.arrived,
                    failed: counts.failed, lastError: counts.error))
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
}
