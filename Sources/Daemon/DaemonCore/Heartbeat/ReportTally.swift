import FleetHTTP
import FleetModel
import Synchronization

/// Counts what became of the heartbeats that it hands on to another sender.
package final class ReportTally: HeartbeatSender {
    struct Counts: Hashable, Sendable {
        var arrived = 0
        var failed = 0
        var durations = Histogram.Counts()
    }

    private let sender: (any HeartbeatSender)?
    private let arrived = Atomic(0)
    private let failed = Atomic(0)
    private let durations = Histogram()

    /// - Parameter sender: nil where there is no central.
    package init(_ sender: (any HeartbeatSender)?) { self.sender = sender }

    var counts: Counts {
        Counts(
            arrived: arrived.load(ordering: .relaxed), failed: failed.load(ordering: .relaxed),
            durations: durations.counts)
    }

    package func send(_ heartbeat: Heartbeat) async throws {
        let begin = ContinuousClock.now
        do {
            try await sender?.send(heartbeat)
            durations.observe(begin.duration(to: .now))
            arrived.add(1, ordering: .relaxed)
        } catch {
            failed.add(1, ordering: .relaxed)
            throw error
        }
    }
}
