import Synchronization

/// Bytes that may be held for one purpose at a time by all requests together.
package final class ByteBudget: Sendable {
    package let limit: Int
    private let used = Atomic(0)

    /// Below this a body or an answer is not counted: it costs no more than the connection it came on, so that what a
    /// fleet's own clients send and ask for never waits for the room of others.
    package static let small = 64 << 10

    /// Bodies of requests that are being read or worked on.
    package static let bodies = ByteBudget(64 << 20)
    /// Answers that readers have not taken yet.
    package static let answers = ByteBudget(64 << 20)
    /// Answers of clients on their way through a central.
    package static let forwards = ByteBudget(64 << 20)

    package init(_ limit: Int) { self.limit = limit }

    package var bytes: Int { used.load(ordering: .relaxed) }

    /// - Parameter share: of the limit, for those who may not use all of it.
    /// - Returns: what gives the bytes back once nobody holds it; nil where there is no room.
    package func claim(_ bytes: Int, share: Double = 1) -> ByteLease? {
        let lease = ByteLease(self, share: share)
        return lease.grow(to: bytes) ? lease : nil
    }

    fileprivate func add(_ bytes: Int, share: Double) -> Bool {
        let after = used.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard Double(after) <= Double(limit) * share else {
            used.wrappingSubtract(bytes, ordering: .relaxed)
            return false
        }
        return true
    }

    fileprivate func giveBack(_ bytes: Int) { used.wrappingSubtract(bytes, ordering: .relaxed) }
}

/// A part of a budget; it goes back when this goes.
package final class ByteLease: Sendable {
    private let budget: ByteBudget
    private let share: Double
    private let held = Atomic(0)

    init(_ budget: ByteBudget, share: Double) {
        self.budget = budget
        self.share = share
    }

    deinit { budget.giveBack(held.load(ordering: .relaxed)) }

    /// For one task at a time.
    /// - Returns: false where there is no room; what was held stays held.
    package func grow(to bytes: Int) -> Bool {
        let more = bytes - held.load(ordering: .relaxed)
        guard more > 0 else { return true }
        guard budget.add(more, share: share) else { return false }
        held.wrappingAdd(more, ordering: .relaxed)
        return true
    }
}
