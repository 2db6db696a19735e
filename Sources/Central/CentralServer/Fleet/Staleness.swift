import FleetModel

/// When a client is online, stale or offline. Pure; times are monotonic seconds.
package struct Staleness: Hashable, Sendable {
    /// `stale_threshold_seconds`; offline is twice that.
    package var threshold: Double
    /// When the central started: what happened before it could not be seen, so nobody is stale for one threshold.
    package var startedAt: Double

    package init(threshold: Double, startedAt: Double) {
        self.threshold = threshold
        self.startedAt = startedAt
    }

    /// - Parameter seenAt: nil where the last report came in an earlier life of the central.
    package func status(seenAt: Double?, goodbye: Bool, now: Double) -> ClientStatus {
        if goodbye { return .offline }
        let silence = now - max(seenAt ?? startedAt, startedAt)
        if silence < threshold { return .online }
        return silence < 2 * threshold ? .stale : .offline
    }
}
