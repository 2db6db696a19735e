import Synchronization

/// How long things took, in seconds, counted in fixed buckets.
package final class Histogram: Sendable {
    /// Upper bounds, 50 µs to 10 s.
    package static let bounds = [
        0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    package struct Counts: Hashable, Sendable {
        /// Those within each bound and above the one before.
        package var buckets = [UInt64](repeating: 0, count: Histogram.bounds.count)
        package var count: UInt64 = 0
        package var sum = 0.0

        package init() {}
    }

    private let state = Mutex(Counts())

    package init() {}

    package var counts: Counts { state.withLock { $0 } }

    package func observe(_ seconds: Double) {
        let bucket = Self.bounds.firstIndex { seconds <= $0 }
        state.withLock { counts in
            if let bucket { counts.buckets[bucket] += 1 }
            counts.count += 1
            counts.sum += seconds
        }
    }

    package func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18)
    }
}
