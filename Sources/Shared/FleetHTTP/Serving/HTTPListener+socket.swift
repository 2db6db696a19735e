import Glibc
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

extension HTTPListener {
    private enum Step { case ended, look }

    /// Whether a Unix socket can be had at a path, before anything begins that would have to be undone.
    /// - Throws: `ListenError` where it can't.
    package static func check(socket path: String) throws {
        if let refusal = SocketLook(at: path).refusal(for: geteuid()) { throw ListenError(refusal) }
    }

    /// Serves until the end. A socket that was removed is made anew: whoever is connected to the old one stays so.
    func serveSocket(at path: String) async throws {
        try await withThrowingTaskGroup(of: Step.self) { group in
            var current = ServedSocket(try PrivateSocket(path: path))
            defer { current.socket.remove() }
            group.addTask { [current] in
                try await self.serve(current, isFirst: true)
                return .ended
            }
            group.addTask { await pause() }
            var serving = 1
            // Those who were already on their way are let in; it is closed a look later.
            var former: ServedSocket?
            var complaint: String?
            while let step = try await group.next() {
                switch step {
                case .ended:
                    serving -= 1
                    if serving == 0, !current.isWanting { group.cancelAll() }
                case .look where Task.isShuttingDownGracefully || Task.isCancelled: break
                case .look:
                    former?.closeListener()
                    former = nil
                    if current.isWanting, let next = another(path, complaint: &complaint) {
                        former = current
                        current = next
                        serving += 1
                        group.addTask {
                            do { try await self.serve(next, isFirst: false) } catch { next.failed() }
                            return .ended
                        }
                    }
                    group.addTask { await pause() }
                }
            }
        }
    }

    /// - Parameter complaint: what was said last, so that it is not said each time.
    private func another(_ path: String, complaint: inout String?) -> ServedSocket? {
        do {
            let socket = ServedSocket(try PrivateSocket(path: path))
            complaint = nil
            logger.warning("the socket was removed and is made anew", metadata: ["path": "\(path)"])
            return socket
        } catch {
            if complaint != "\(error)" {
                logger.error("the socket was removed and cannot be made anew", metadata: ["error": "\(error)"])
            }
            complaint = "\(error)"
            return nil
        }
    }

    private func pause() async -> Step {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: socketLook) }
        return .look
    }

    private func serve(_ served: ServedSocket, isFirst: Bool) async throws {
        try await serve(.unixDomainSocket(path: served.socket.bindPath)) { channel in
            do {
                try served.publish(channel)
                logger.info("listening", metadata: ["address": "\(served.socket.path)"])
                if isFirst { await onListening(nil) }
            } catch {
                channel.close(promise: nil)
            }
        }
        try served.check()
    }
}

/// A socket together with the channel that listens on it.
private final class ServedSocket: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isPublished = false
        var failure: (any Error)?
    }

    let socket: PrivateSocket
    private let state = Mutex(State())

    init(_ socket: PrivateSocket) { self.socket = socket }

    func publish(_ channel: any Channel) throws {
        do {
            try socket.publish()
            state.withLock {
                $0.channel = channel
                $0.isPublished = true
            }
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }

    /// - Throws: why it was not put in its place.
    func check() throws { if let failure = state.withLock({ $0.failure }) { throw failure } }

    func failed() {
        socket.remove()
        state.withLock { $0.isPublished = true }
    }

    /// It was in its place, or was to be, and is not.
    var isWanting: Bool { state.withLock { $0.isPublished } && !socket.isInPlace }

    /// Nobody new can come; those who are there stay.
    func closeListener() { state.withLock { $0.channel }?.close(promise: nil) }
}
