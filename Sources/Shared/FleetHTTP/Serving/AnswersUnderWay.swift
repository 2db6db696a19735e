import Synchronization

/// Requests that are being answered, so that they can be given up together: a server that goes down waits for them,
/// but not for as long as they may take.
final class AnswersUnderWay: Sendable {
    private struct State {
        var isOver = false
        var last: UInt64 = 0
        var tasks: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Has an answer made in a task of its own, which sees that it is cancelled once they are given up.
    ///
    /// A task keeps the memory of the deepest stack it ever had. So a request has one, which goes when it is answered;
    /// otherwise a thousand idle connections would each keep one.
    func make<Answer: Sendable>(
        on executor: some TaskExecutor, _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task(executorPreference: executor) { try await body() }
        let number = state.withLock { state -> UInt64? in
            guard !state.isOver else { return nil }
            state.last += 1
            state.tasks[state.last] = { task.cancel() }
            return state.last
        }
        if number == nil { task.cancel() }
        defer { if let number { _ = state.withLock { $0.tasks.removeValue(forKey: number) } } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Those under way, and each that comes later.
    func giveUp() {
        let cancels = state.withLock { state in
            state.isOver = true
            return Array(state.tasks.values)
        }
        for cancel in cancels { cancel() }
    }
}
