import Dispatch

/// A thread for what takes milliseconds and more: reading a report of megabytes, writing down a large fleet. On the event
/// loop everyone would wait for it; here such pieces only wait for one another.
struct LongWork: Sendable {
    private let queue = DispatchQueue(label: "long work")

    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
