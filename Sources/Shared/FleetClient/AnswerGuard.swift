import NIOCore
import NIOHTTP1

/// Stands between the decoder of HTTP answers and the HTTP client, which ends the process where parts of an answer
/// come that it does not expect: a status below 100, an answer that nobody asked for.
///
/// What makes no sense, or does not end, becomes an error of the request it answers, and the connection is closed.
/// Informational answers (100 to 199) are dropped, as the client would; 101 is refused, for nobody asks for another
/// protocol. A head that is begun has to come to its end soon; how long an answer may take in all is for whoever asks.
final class AnswerGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Bytes from one part of an answer to the next: all its headers, or all its trailers. An answer to us has 1 KiB.
    static let longestHead = 128 << 10
    static let mostInformational = 16
    /// From the first byte of a head to its last: it comes in one piece, or the network is a very bad one.
    static let headTime = TimeAmount.seconds(5)

    private enum State {
        /// Nothing was asked.
        case idle
        case awaitingHead
        case inBody
        /// The end has come, and is held back until all that came with it was looked at: the client would use the
        /// connection again at once, and what is wrong behind the end would hit the next request.
        case ending(HTTPClientResponsePart)
        /// It is being closed; what else comes is thrown away.
        case failed
    }

    private var state = State.idle
    private var informational = 0
    /// Since the last part of an answer.
    private var bytes = 0
    /// Runs while a head comes.
    private var timer: Scheduled<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head = unwrapOutboundIn(data), case .idle = state {
            state = .awaitingHead
            informational = 0
            bytes = 0
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let arrived = event as? BytesArrived else { return context.fireUserInboundEventTriggered(event) }
        // What came before this, which may end the part in its first byte.
        if bytes > Self.longestHead { refuse("its headers do not end", context) }
        bytes += arrived.count
        guard case .awaitingHead = state, timer == nil else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.headTime) {
            self.refuse(UnfinishedHead(), context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { stopTimer() }
        switch (state, unwrapInboundIn(data)) {
        case (.failed, _): return
        case (.awaitingHead, .head(let head)):
            switch head.status.code {
            case 200..<600:
                state = .inBody
                bytes = 0
                context.fireChannelRead(data)
            case 100..<200 where head.status != .switchingProtocols:
                informational += 1
                if informational > Self.mostInformational { refuse("it says 'wait' without end", context) }
            default: refuse("it has the status \(head.status.code)", context)
            }
        case (.inBody, .body):
            bytes = 0
            context.fireChannelRead(data)
        case (.inBody, .end): state = .ending(unwrapInboundIn(data))
        default: refuse("it answers what was not asked", context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelReadComplete()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimer() }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        end(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What the decoder makes nothing of behind the end.
        if case .ending = state {
            refuse("it answers what was not asked", context)
        } else {
            context.fireErrorCaught(error)
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        guard case .ending(let part) = state else { return }
        state = .idle
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
        refuse(SenselessAnswer(reason: reason), context)
    }

    private func refuse(_ error: any Error, _ context: ChannelHandlerContext) {
        if case .failed = state { return }
        state = .failed
        stopTimer()
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}

/// Tells the guard behind the decoder how much comes, before it is known whether that makes anything.
final class AnswerWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireUserInboundEventTriggered(BytesArrived(count: unwrapInboundIn(data).readableBytes))
        context.fireChannelRead(data)
    }
}

struct BytesArrived {
    var count: Int
}

/// An answer of HTTP that no server gives.
package struct SenselessAnswer: Error, Hashable, Sendable, CustomStringConvertible {
    package var reason: String

    package var description: String { "the answer makes no sense: \(reason)" }
}

/// A head has begun and did not come to its end within `AnswerGuard.headTime`.
struct UnfinishedHead: Error, Hashable, Sendable {}

extension AnswerGuard {
    /// Puts the guard into a connection of the HTTP client that has just been made, before it is used.
    static func install(in channel: any Channel) -> EventLoopFuture<Void> {
        @Sendable func add() throws {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(AnswerWatch(), position: .before(decoder))
            try pipeline.addHandler(AnswerGuard(), position: .after(decoder))
        }
        // A connection without its guard is not used.
        let added =
            channel.eventLoop.inEventLoop
            ? channel.eventLoop.makeCompletedFuture { try add() } : channel.eventLoop.submit(add)
        added.whenFailure { _ in channel.close(promise: nil) }
        return added
    }
}
