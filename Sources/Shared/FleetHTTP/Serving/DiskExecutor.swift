import NIOCore
import NIOPosix
import Synchronization

/// Threads that may wait for a disk.
///
/// Handlers of requests run on event loops, where a board's card that takes a second would hold up every connection of
/// the loop.
package final class DiskExecutor: TaskExecutor {
    private static let shared = DiskExecutor()

    /// - Returns: what `body` returns; whoever asked goes on where they were.
    package static func run<Value, Failure: Error>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(shared, isolation: isolation, operation: body)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // A pool that is shut down runs nothing any more, but a task must go on to see that it is cancelled.
        NIOThreadPool.singleton.submit { [self] _ in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}

/// For an actor that may wait for a disk: without an executor of its own it would run wherever it is asked from, and that
/// may be an event loop.
package final class DiskSerialExecutor: SerialExecutor {
    private struct State {
        var waiting = CircularBuffer<UnownedJob>()
        var isRunning = false
    }

    private let state = Mutex(State())

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = state.withLock { state in
            state.waiting.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { NIOThreadPool.singleton.submit { [self] _ in runAll() } }
    }

    private func runAll() {
        while let job = next() { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            let job = state.waiting.popFirst()
            if job == nil { state.isRunning = false }
            return job
        }
    }
}
