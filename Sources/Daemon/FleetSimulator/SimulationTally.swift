import Synchronization

/// What became of the heartbeats and crashes so far.
package final class SimulationTally: Sendable {
    package struct Counts: Hashable, Sendable {
        package var heartbeats = 0
        package var failures = 0
        package var crashes = 0
        /// Clients whose last heartbeat arrived.
        package var reporting = 0
        /// The newest reason of a failure.
        package var lastFailure: String?
    }

    private struct State {
        var counts = Counts()
        var reporting: Set<Int> = []
    }

    private let state = Mutex(State())

    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.reporting = state.reporting.count
            return counts
        }
    }

    func arrived(from client: Int) {
        state.withLock { state in
            state.counts.heartbeats += 1
            state.reporting.insert(client)
        }
    }

    func failed(_ reason: String) {
        state.withLock { state in
            state.counts.failures += 1
            state.counts.lastFailure = reason
        }
    }

    func crashed() { state.withLock { $0.counts.crashes += 1 } }
}
