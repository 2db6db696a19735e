import NIOCore
import NIOPosix

/// A thread for what takes milliseconds and more: reading a report of megabytes, writing down a large fleet. On the event
/// loop everyone would wait for it; here such pieces only wait for one another.
enum LongWork {
    /// Kept as long as the process lives, and made when there is something to do.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await group.next().submit(work).get()
    }
}
