import FleetModel

/// How long a stream that ended waits before it is opened again; never all consoles at once.
struct Reconnection: Hashable, Sendable {
    static let pauses = Backoff(1...30)
    /// Seconds that a connection must last to count as good.
    private static let proof = 10.0

    private var failures = 0

    /// - Parameters:
    ///   - lasted: seconds that the connection held.
    ///   - chance: 0 up to 1.
    /// - Returns: seconds.
    mutating func pause(lasted: Double, chance: Double) -> Double {
        failures = lasted >= Self.proof ? 1 : min(failures + 1, 64)
        return min(Self.pauses.longest, Self.pauses.pause(afterFailures: failures) * (0.8 + 0.4 * chance))
    }
}
