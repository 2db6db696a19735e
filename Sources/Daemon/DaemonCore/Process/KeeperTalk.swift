import NIOCore
import NIOPosix

/// One request to a keeper and its one answer.
///
/// It is led on the event loop, so that a keeper, which waits for its request, never waits for a task of ours.
struct KeeperTalk: Sendable {
    private struct State {
        /// Nil when it is over.
        var promise: EventLoopPromise<KeeperMessage?>?
        var channel: (any Channel)?
        var alarm: Scheduled<Void>?
    }

    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>
    private let answer: EventLoopFuture<KeeperMessage?>

    init(on loop: any EventLoop) {
        let promise = loop.makePromise(of: KeeperMessage?.self)
        self.loop = loop
        state = .makeBoxSendingValue(State(promise: promise), eventLoop: loop)
        answer = promise.futureResult
    }

    /// To be cancelled ends the connection, by which a keeper knows that nobody waits any more.
    /// - Returns: nil where the connection ended, or the time is over, before there was an answer.
    func ask(_ request: ByteBuffer, over descriptor: Int32, atMost seconds: Double) async -> KeeperMessage? {
        loop.execute { begin(request, over: descriptor, atMost: seconds) }
        return await withTaskCancellationHandler {
            (try? await answer.get()) ?? nil
        } onCancel: {
            loop.execute { finish(nil) }
        }
    }

    private func begin(_ request: ByteBuffer, over descriptor: Int32, atMost seconds: Double) {
        let milliseconds = Int64(min(max(seconds, 0), 100_000) * 1000)
        state.value.alarm = loop.scheduleTask(in: .milliseconds(milliseconds)) { finish(nil) }
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        KeeperConnection(received: { finish($0) }, lost: { finish(nil) }))
                }
            }
            .withConnectedSocket(descriptor)
            .hop(to: loop)
            .assumeIsolated()
            .whenComplete { result in
                guard case .success(let channel) = result else { return finish(nil) }
                guard state.value.promise != nil else { return channel.close(promise: nil) }
                state.value.channel = channel
                channel.writeAndFlush(request, promise: nil)
            }
    }

    private func finish(_ message: KeeperMessage?) {
        guard let promise = state.value.promise else { return }
        state.value.promise = nil
        state.value.alarm?.cancel()
        state.value.channel?.close(promise: nil)
        state.value.channel = nil
        promise.succeed(message)
    }
}
