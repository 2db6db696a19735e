import FleetHTTP
import FleetModel
import Synchronization

/// Counts what became of the heartbeats that it hands on to another sender.
package final class ReportTally: HeartbeatSender {
    struct Counts: Hashable, Sendable {
        var arrived = 0
        var failed = 0
        /// Of the last one, if it did not arrive.
        var error: String?
        var durations = Histogram.Counts()
    }

    private let sender: (any HeartbeatSender)?
    /// Where they go.
    let central: String?
    private let arrived = Atomic(0)
    private let failed = Atomic(0)
    private let error = Mutex<String?>(nil)
    private let durations = Histogram()

    /// - Parameters:
    ///   - sender: nil where there is no central.
    ///   - central: its URL, to be shown.
    package init(_ sender: (any HeartbeatSender)?, to central: String?) {
        self.sender = sender
        self.central = central
    }

    var counts: Counts {
        Counts(
            arrived: arrived.load(ordering: .relaxed), failed: failed.load(ordering: .relaxed),
            error: error.withLock { $0 }, durations: durations.counts)
    }

    package func send(_ heartbeat: Heartbeat) async throws {
        let begin = ContinuousClock.now
        do {
            try await sender?.send(heartbeat)
            durations.observe(begin.duration(to: .now))
            arrived.add(1, ordering: .relaxed)
            error.withLock { $0 = nil }
        } catch let failure {
            failed.add(1, ordering: .relaxed)
            error.withLock { $0 = "\(failure)" }
            throw failure
        }
    }
}
