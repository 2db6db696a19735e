import Synchronization

/// Closed until it is opened once; whoever waits passes then, or when cancelled.
package final class Latch: Sendable {
    private struct State {
        var missing: Int
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state: Mutex<State>

    /// - Parameter count: of those who must have come before it opens.
    package init(count: Int = 1) { state = Mutex(State(missing: count)) }

    package func countDown() {
        let free = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.missing -= 1
            guard state.missing <= 0 else { return [] }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in free { continuation.resume() }
    }

    package func wait() async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    if state.missing <= 0 || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
