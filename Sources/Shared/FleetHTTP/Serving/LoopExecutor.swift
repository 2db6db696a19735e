import NIOCore

/// Runs the tasks of a server on the event loop that reads and writes its connections.
///
/// A request is some microseconds of work. On the common pool each would wake another thread, and that one the loop
/// again for the answer: most of its cost would be the change of threads.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
