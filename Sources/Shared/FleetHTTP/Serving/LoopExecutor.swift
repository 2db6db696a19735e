import NIOCore
import NIOPosix

/// Runs the tasks of a server on the event loop that reads and writes its connections.
///
/// A request is some microseconds of work. On the common pool each would wake another thread, and that one the loop
/// again for the answer: most of its cost would be the change of threads.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    /// A thread for the requests of outsiders, made when the first one comes.
    ///
    /// What an outsider asks for may take milliseconds, a page of a large fleet for one, and those who ask over and over
    /// would take the loop from reports and operators. Here they only take it from one another.
    static let outsiders = LoopExecutor(outsidersGroup.next())
    /// Kept as long as the process lives.
    private static let outsidersGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
