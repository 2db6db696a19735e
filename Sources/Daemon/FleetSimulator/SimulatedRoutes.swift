import DaemonCore
import FleetHTTP
import FleetModel

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
        routes.clientName = host.name
        routes.add(host)
        return routes
    }
}

extension SimulatedHost: WorkloadHost {
    func health(isLocal: Bool) -> Health {
        Health(version: ProgramVersion.current, deployedVersion: version, clientName: name)
    }

    func list() -> WorkloadList { WorkloadList(workloads: workloads()) }

    func detail(of name: String) throws -> WorkloadDetail {
        let workload = try workload(name)
        var spec = WorkloadSpec(name: name, program: .command(["simulated"]))
        spec.runMode = workload.runMode
        return WorkloadDetail(workload, spec: spec)
    }

    func act(_ action: WorkloadAction, on name: String) throws -> ActionResult {
        switch action {
        case .start: try start(name)
        case .stop: try stop(name)
        case .restart: try restart(name)
        }
    }

    func reload() -> ReloadChanges {
        var changes = ReloadChanges()
        changes.unchanged = workloads().map(\.name)
        return changes
    }

    func log(of name: String, lines: Int) throws -> [String] {
        let log = try log(of: name)
        let end = log.count(at: now)
        return (max(0, end - Int64(clamping: lines))..<end).map(log.line)
    }

    func followLog(of name: String, lines: Int, after id: Int64?) throws -> SimulatedLogEvents {
        let end = try log(of: name).count(at: now)
        let first = id.map { min(end, $0 / Int64(SimulatedLog.width)) } ?? max(0, end - Int64(clamping: lines))
        return SimulatedLogEvents(host: self, workload: name, first: first)
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
