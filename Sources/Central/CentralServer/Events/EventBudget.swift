/// How often one client may make events: more than a daemon of ours ever reports. Changes beyond
/// that are told together.
struct EventBudget: Hashable, Sendable {
    static let burst = 50.0
    static let perSecond = 25.0

    private var left = burst
    /// Monotonic seconds.
    private var at = -Double.infinity

    /// - Returns: false where the client has used up what it has.
    mutating func consume(at now: Double) -> Bool {
        left = min(Self.burst, left + max(0, now - max(at, now - 60)) * Self.perSecond)
        at = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
