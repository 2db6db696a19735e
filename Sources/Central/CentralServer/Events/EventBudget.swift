/// How often one client may make events: a short burst at once, then ten times a second. What is over is joined.
struct EventBudget: Hashable, Sendable {
    static let burst = 20.0
    static let perSecond = 10.0

    private var left = burst
    /// Monotonic seconds.
    private var at = -Double.infinity

    /// - Returns: false where the client has used up what it has.
    mutating func take(at now: Double) -> Bool {
        left = min(Self.burst, left + max(0, now - max(at, now - 60)) * Self.perSecond)
        at = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
