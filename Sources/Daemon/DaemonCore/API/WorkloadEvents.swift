import FleetClient
import FleetHTTP
import FleetModel
import NIOCore
import ServiceLifecycle
import Synchronization

/// The workloads as readers of `GET /api/events` know them.
package final class WorkloadEvents: Sendable {
    package let log = EventLog()
    private let known = Mutex<[Workload]>([])
    /// For readers that come while nothing changes.
    private let lastSnapshot = Mutex<EventSnapshot?>(nil)

    /// Several tasks update it: a list that one of them was given earlier must not be the last one.
    private let turns = SerialQueue()

    package init() {}

    /// Tells the readers what has changed since the last time.
    ///
    /// - Parameter list: asks for the workloads as they are now.
    /// - Returns: what it answered.
    @discardableResult
    package func update(from list: @Sendable () async -> [Workload]) async -> [Workload] {
        do {
            return try await turns.withTurn {
                let workloads = await list()
                update(to: workloads)
                return workloads
            }
        } catch {
            // Who was cancelled in line tells nobody.
            return await list()
        }
    }

    private func update(to workloads: [Workload]) {
        known.withLock { known in
            let difference = WorkloadDifference(from: known, to: workloads)
            for workload in difference.changed { log.append("workload") { $0.writeJSON(workload) } }
            for name in difference.removed {
                log.append("workload_removed") { text in
                    text.writeStaticString(#"{"name":"#)
                    text.writeJSON(name)
                    text.writeStaticString("}")
                }
            }
            known = workloads
        }
    }

    /// `{"workloads":[…]}` as an event, and its place among the others.
    func snapshot() -> EventSnapshot {
        known.withLock { known in
            let position = log.position
            if let last = lastSnapshot.withLock({ $0 }), last.position == position { return last }
            var text = ByteBuffer()
            log.write("snapshot", at: position, into: &text) { text in
                text.writeStaticString(#"{"workloads":"#)
                text.writeJSONArray(known) { $0.writeJSON($1) }
                text.writeStaticString("}")
            }
            let snapshot = EventSnapshot(text, at: position)
            lastSnapshot.withLock { $0 = snapshot }
            return snapshot
        }
    }
}

/// Tells of changes when they happen: the readers of events, then the central.
struct ChangeService: Service {
    /// Those that come within this time of one another are told together.
    private static let pause = Duration.milliseconds(3)

    let supervisor: Supervisor
    let events: WorkloadEvents
    /// For the reports to the central.
    let relay: Signal

    func run() async {
        while await supervisor.changes.wait() == .rang {
            await events.update { await supervisor.list(isMeasured: false) }
            relay.ring()
            try? await Task.sleep(for: Self.pause)
        }
        // The supervisor goes first; a service that ends by itself would take the others with it.
        try? await gracefulShutdown()
    }
}
