import FleetHTTP
import FleetModel
import Synchronization

/// A receiver that counts what became of the heartbeats on their way to another one.
package final class ReportTally: HeartbeatReceiver {
    struct Counts: Hashable, Sendable {
        var arrived = 0
        var failed = 0
        var durations = Histogram.Counts()
    }

    private let receiver: (any HeartbeatReceiver)?
    private let arrived = Atomic(0)
    private let failed = Atomic(0)
    private let durations = Histogram()

    /// - Parameter receiver: nil where there is no central.
    package init(_ receiver: (any HeartbeatReceiver)?) { self.receiver = receiver }

    var counts: Counts {
        Counts(
            arrived: arrived.load(ordering: .relaxed), failed: failed.load(ordering: .relaxed),
            durations: durations.counts)
    }

    package func send(_ heartbeat: Heartbeat) async throws {
        let begin = ContinuousClock.now
        do {
            try await receiver?.send(heartbeat)
            durations.observe(begin.duration(to: .now))
            arrived.add(1, ordering: .relaxed)
        } catch {
            failed.add(1, ordering: .relaxed)
            throw error
        }
    }
}
