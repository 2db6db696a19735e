import Synchronization

/// Wakes those who wait for the next report of a client.
package final class ReportWatch: Sendable {
    private struct Waiter {
        var client: String
        var continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func tell(of client: String) {
        state.withLock { state in
            for waiter in state.waiters.values where waiter.client == client { waiter.continuation.yield() }
        }
    }

    /// One element for each report; those that come while nobody looks are joined.
    package func reports(of client: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.last += 1
            state.waiters[state.last] = Waiter(client: client, continuation: continuation)
            return state.last
        }
        continuation.onTermination = { [self] _ in
            _ = state.withLock { $0.waiters.removeValue(forKey: number) }
        }
        return stream
    }
}
