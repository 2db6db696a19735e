import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes

/// Tells the guard behind the decoder that bytes came, before it is known whether they make a request.
final class ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connectionGuard: ConnectionGuard

    init(for connectionGuard: ConnectionGuard) { self.connectionGuard = connectionGuard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connectionGuard.bytesArrived()
        context.fireChannelRead(data)
    }
}

/// Ends a connection that takes longer than it may, and one whose answer says that it is the last.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: HTTPLimits
    /// Set once it counts for somebody.
    var connection: Connection?
    private var phase: ConnectionPhase
    private var timer: (due: NIODeadline, task: Scheduled<Void>)?
    private var isLastAnswer = false
    /// Nothing more is written, and what is read is thrown away.
    private var isEnding = false

    init(limits: HTTPLimits) {
        self.limits = limits
        phase = ConnectionPhase(limits: limits, now: .now())
    }

    /// Nil while a request is read or answered.
    var idleSince: NIODeadline? { phase.idleSince }

    func bytesArrived() { phase.bytesArrived(now: .now()) }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { watch(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        watch(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isEnding, case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isEnding { return }
        switch unwrapInboundIn(data) {
        case .head:
            phase.headComplete(now: .now())
            connection?.asked()
        case .body: break
        case .end: phase.bodyComplete(now: .now())
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Most requests come whole in one read, and cost no timer.
        if phase.reading != .idle { watch(context) }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        phase.writability(context.channel.isWritable, now: .now())
        watch(context)
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isEnding {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.status.code >= 200 { phase.answerBegun() }
            if head.headerFields[.connection] == "close" { isLastAnswer = true }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            phase.answerComplete(now: .now())
            if isLastAnswer {
                context.writeAndFlush(data, promise: promise)
                end(context)
            } else {
                context.write(data, promise: promise)
                watch(context)
            }
        }
    }

    private func watch(_ context: ChannelHandlerContext) {
        guard !isEnding, let due = phase.deadline else { return }
        if let timer, timer.due <= due { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.timeIsUp(context) }
        timer = (due, task)
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        timer = nil
        switch phase.overdue(now: .now()) {
        case nil: watch(context)
        case .close: context.close(promise: nil)
        case .answer:
            let late = phase.reading == .head ? "headers" : "body"
            let time = phase.reading == .head ? limits.headerTime : limits.bodyTime
            let error = APIError(
                .requestTimeout,
                "the \(late) did not come within \(time.nanoseconds / 1_000_000) ms; send the request again",
                closesConnection: true)
            context.write(wrapOutboundOut(.head(Response.error(error).head)), promise: nil)
            context.write(wrapOutboundOut(.body(error.text())), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            end(context)
        }
    }

    /// Closes our half, and the rest a little later: closing at once what still has bytes to be read would make the
    /// kernel drop the answer.
    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        timer?.task.cancel()
        context.close(mode: .output, promise: nil)
        let due = NIODeadline.now() + limits.lingerTime
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { context.close(promise: nil) }
        timer = (due, task)
    }
}
