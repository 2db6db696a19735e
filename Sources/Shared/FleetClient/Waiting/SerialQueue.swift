/// Lets one thing be done after the other, in the order of their coming, across whatever each of them waits for: an
/// actor alone lets the next one in at every `await`.
package final class SerialQueue: Sendable {
    private let room = WaitingRoom<Bool, Void>(false)

    package init() {}

    /// Waits for its turn, and gives it on when the body is over, whichever way that ends.
    ///
    /// - Throws: `CancellationError` where the task was cancelled while it stood in line, and then the body was not
    ///   begun; and what the body throws.
    package func withTurn<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> sending Value
    ) async throws -> sending Value {
        let turn: Void? = await room.wait { isTaken in
            if isTaken { return nil }
            isTaken = true
            return ()
        }
        guard turn != nil else { throw CancellationError() }
        defer { room.passFirst(()) { isTaken in isTaken = false } }
        return try await body()
    }

    /// How many tasks stand in line now.
    package var waiting: Int { room.waiting }
}
