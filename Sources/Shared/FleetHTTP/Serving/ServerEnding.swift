import HummingbirdCore
import ServiceLifecycle
import Synchronization

/// Ends a server: in its own time, in a little more time where it goes down, and at once where its task is cancelled, as
/// all are where one service of a program fails.
///
/// The library's server must not be cancelled: a connection that it has accepted and not begun to serve would be
/// dropped with its writer unfinished, and that ends the process on the spot, without the error that was the reason.
/// So it runs in a task that nobody cancels, and is told to go as in a graceful shutdown. Connections are closed then,
/// as requests on them do not hear of the cancellation.
final class ServerEnding: Sendable {
    private struct State {
        var isRunning = false
        var isCancelled = false
    }

    private let state = Mutex(State())
    /// Set before the server runs.
    private let end = Mutex<(@Sendable () -> Void)?>(nil)

    /// The server accepts connections: from here on it can be told to go.
    func isRunning() {
        let isCancelled = state.withLock { state in
            state.isRunning = true
            return state.isCancelled
        }
        if isCancelled { end.withLock { $0 }?() }
    }

    /// - Parameters:
    ///   - time: that it waits for answers once it goes down.
    /// - Throws: what the server throws.
    func run<Setup>(
        _ server: Server<Setup>, on executor: some TaskExecutor, closing connections: Connections,
        after time: Duration, _ answers: AnswersUnderWay
    ) async throws {
        end.withLock { end in
            end = {
                Task {
                    answers.giveUp()
                    connections.closeAll()
                    // Where it goes already, this waits for the same end.
                    try? await server.shutdownGracefully()
                }
            }
        }
        try await withTaskCancellationHandler {
            async let _: Void = Self.hurry(connections, after: time, answers)
            try await Task(executorPreference: executor) { try await server.run() }.value
        } onCancel: {
            let isRunning = state.withLock { state in
                state.isCancelled = true
                return state.isRunning
            }
            if isRunning { end.withLock { $0 }?() }
        }
        end.withLock { $0 = nil }
    }

    /// Waits until the server is told to go down, and then sees to it that this has an end.
    private static func hurry(_ connections: Connections, after time: Duration, _ answers: AnswersUnderWay) async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(for: time)
            answers.giveUp()
            // What was given up is told to whoever asked, if they take it.
            try await Task.sleep(for: farewellTime)
            connections.closeAll()
        } catch {
            // The server has ended before, or is ended at once.
        }
    }

    private static let farewellTime = Duration.seconds(0.5)
}
