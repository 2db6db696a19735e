/// How long to wait before the next try: 1 s, twice as long each time, 30 s at most, and never all consoles at once.
struct Backoff: Hashable, Sendable {
    static let shortest = 1.0
    static let longest = 30.0
    /// Seconds that a connection must last to count as good.
    static let proof = 10.0

    private(set) var next = shortest

    /// - Parameter random: 0 up to 1.
    /// - Returns: seconds.
    mutating func wait(random: Double) -> Double {
        defer { next = min(next * 2, Self.longest) }
        return min(Self.longest, next * (0.8 + 0.4 * random))
    }

    /// - Parameter lasted: seconds that the connection held.
    mutating func ended(lasted: Double) {
        if lasted >= Self.proof { self = Backoff() }
    }
}
