import NIOPosix

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
