/// When the next picture may be painted that nobody's key asked for: ten times a second at most, and so that a line of
/// few bytes keeps up.
struct FrameBudget: Hashable, Sendable {
    static let shortest = 0.1
    /// Bytes a second.
    static let rate = 14_000.0

    /// Seconds, by any clock that goes on.
    private(set) var next = 0.0

    mutating func painted(bytes: Int, at now: Double) {
        next = now + max(Self.shortest, Double(bytes) / Self.rate)
    }

    func mayPaint(at now: Double) -> Bool { now >= next }
}
