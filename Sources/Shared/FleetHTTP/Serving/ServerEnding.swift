import HummingbirdCore
import Synchronization

/// Ends a server whose task is cancelled, as all are where one service of a program fails.
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

    /// - Throws: what the server throws.
    func run<Setup>(
        _ server: Server<Setup>, on executor: some TaskExecutor, closing connections: Connections
    ) async throws {
        end.withLock { end in
            end = {
                Task {
                    connections.closeAll()
                    // Where it goes already, this waits for the same end.
                    try? await server.shutdownGracefully()
                }
            }
        }
        try await withTaskCancellationHandler {
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
}
