import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// What the daemon of a simulated host answers: the endpoints that a central calls.
enum SimulatedRoutes {
    /// Longer than any central waits for a silent host.
    private static let silence = Duration.seconds(150)
    private static let slowness = 0.5...4.0

    static func make(for host: SimulatedHost, policy: AccessPolicy) -> Routes {
        var routes = Routes { need, request, _ in
            switch host.mood {
            case .silent: try await Task.sleep(for: silence)
            case .slow:
                let delay = slowness.lowerBound + host.chance() * (slowness.upperBound - slowness.lowerBound)
                try await Task.sleep(for: .seconds(clamping: delay))
            case .restarting, nil: break
            }
            return try policy.decide(need, RequestMarks(request)).get()
        }
        routes.on(DaemonEndpoint.health, needs: .open) { _, _ in
            try .json(
                Health(version: ProgramVersion.current, deployedVersion: host.version, clientName: host.name))
        }
        routes.on(DaemonEndpoint.list, needs: .status) { _, _ in
            try .json(WorkloadList(workloads: host.workloads()))
        }
        routes.on(DaemonEndpoint.status, needs: .status) { _, context in
            try .json(try known { try host.workload(context.names[0]) })
        }
        routes.on(DaemonEndpoint.start, needs: .operate) { _, context in
            try .json(try known { try host.start(context.names[0]) })
        }
        routes.on(DaemonEndpoint.stop, needs: .operate) { _, context in
            try .json(try known { try host.stop(context.names[0]) })
        }
        routes.on(DaemonEndpoint.restart, needs: .operate) { _, context in
            try .json(try known { try host.restart(context.names[0]) })
        }
        routes.on(DaemonEndpoint.reload, needs: .operate) { _, _ in
            var changes = ReloadChanges()
            changes.unchanged = host.workloads().map(\.name)
            return try .json(ReloadResult(changes: changes))
        }
        routes.on(DaemonEndpoint.logs, needs: .read) { request, context in
            try logs(on: host, request: request, context: context)
        }
        return routes
    }

    private static func logs(on host: SimulatedHost, request: Request, context: FleetContext) throws -> Response {
        let name = context.names[0]
        let count = Int64(try request.lines())
        let log = try known { try host.log(of: name) }
        let end = log.count(at: host.now)
        guard try request.flag("follow") else {
            return try .json(LogLines(name: name, lines: (max(0, end - count)..<end).map(log.line)))
        }
        var first = max(0, end - count)
        if let last = request.headers[.lastEventID] {
            guard let read = Int64(last), read >= 0 else {
                throw APIError.badRequest("'Last-Event-ID' must be an id that this log has sent")
            }
            first = min(end, read / Int64(SimulatedLog.width))
        }
        return try .events(SimulatedLogEvents(host: host, workload: name, first: first), of: request, in: context)
    }

    private static func known<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SimulatedHost.UnknownWorkload {
            throw APIError.notFound("there is no workload '\(error.name)' here")
        }
    }
}

/// A computed log as it grows, one event a line; the id is the offset behind it.
struct SimulatedLogEvents: AsyncSequence, Sendable {
    private static let pause = Duration.milliseconds(100)
    private static let batch: Int64 = 1000
    let host: SimulatedHost
    let workload: String
    let first: Int64

    func makeAsyncIterator() -> Iterator { Iterator(events: self, next: first) }

    struct Iterator: AsyncIteratorProtocol {
        let events: SimulatedLogEvents
        var next: Int64

        mutating func next() async throws -> [ServerSentEvent]? {
            while true {
                try Task.checkCancellation()
                let log = try events.host.log(of: events.workload)
                let end = Swift.min(log.count(at: events.host.now), next + SimulatedLogEvents.batch)
                if next < end {
                    defer { next = end }
                    return (next..<end).map { number in
                        ServerSentEvent(
                            id: String((number + 1) * Int64(SimulatedLog.width)), data: log.line(number))
                    }
                }
                try await Task.sleep(for: SimulatedLogEvents.pause)
            }
        }
    }
}
