import HTTPTypes
import NIOCore
import NIOHTTP1

/// Sees to what RFC 9110 and 9112 ask of a server about a request as such, and what the codec behind it passes over:
/// the target and the `Host`, `Expect: 100-continue`, requests of HTTP/1.0, and what is no HTTP.
///
/// One that is refused gets its answer when those before it have theirs, and the connection ends with it: where its
/// body begins and ends is not worth finding out.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let lingerTime: TimeAmount
    /// Of each request that waits for its answer, whether it is of HTTP/1.0.
    private var areOld = CircularBuffer<Bool>(initialCapacity: 2)
    /// What is written when those before have theirs.
    private var waiting: Waiting?
    /// Between the head of a request and its end.
    private var isReading = false
    /// Between the head of an answer and its end.
    private var isAnswering = false
    /// Nothing more is read.
    private var isEnding = false
    /// Nothing more is written.
    private var isOver = false

    private enum Waiting {
        case refusal(APIError)
        case `continue`
    }

    init(lingerTime: TimeAmount) { self.lingerTime = lingerTime }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        guard case .head(var head) = unwrapInboundIn(data) else {
            if case .end = unwrapInboundIn(data) { isReading = false }
            return context.fireChannelRead(data)
        }
        let isWhole = head.uri.utf8.first != UInt8(ascii: "/")
        if let refusal = (isWhole ? head.takeApart() : nil) ?? Self.refusal(of: head) {
            return end(with: refusal, context)
        }
        isReading = true
        if head.isOld {
            // Its client may not know that a connection can go on.
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        } else if head.headers.contains(name: "Expect") {
            if areOld.isEmpty { sendContinue(context) } else { waiting = .continue }
        }
        areOld.append(head.isOld)
        context.fireChannelRead(head.isOld || isWhole ? wrapInboundOut(.head(head)) : data)
    }

    /// What came is no HTTP. Those before it are answered first; the one it broke off is told, if it can be.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !isEnding else { return }
        if isReading {
            // It has its answer already, or a part of it.
            if areOld.isEmpty || (areOld.count == 1 && isAnswering) { return leave(context) }
            areOld.removeLast()
        }
        end(with: Self.refusal(of: error), context)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isOver {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        if case .head(let head) = unwrapOutboundIn(data), head.status.code >= 200 { isAnswering = true }
        switch unwrapOutboundIn(data) {
        case .head(var head) where isAnswering && areOld.first == true:
            // So that the encoder ends the body with the connection, and not in chunks.
            head.version = .http1_0
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            isAnswering = false
            _ = areOld.popFirst()
            switch waiting {
            case .refusal(let error) where areOld.isEmpty: refuse(error, context)
            // The request that waits for it is the only one without an answer.
            case .continue where areOld.count == 1: sendContinue(context)
            default: return
            }
            waiting = nil
        case .head, .body: context.write(data, promise: promise)
        }
    }

    private func sendContinue(_ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func end(with refusal: APIError, _ context: ChannelHandlerContext) {
        isEnding = true
        if areOld.isEmpty { refuse(refusal, context) } else { waiting = .refusal(refusal) }
    }

    private func refuse(_ error: APIError, _ context: ChannelHandlerContext) {
        let text = error.text()
        let headers: HTTPHeaders = [
            "Content-Type": "application/json; charset=utf-8", "Content-Length": "\(text.readableBytes)",
            "Connection": "close", "Cache-Control": "no-store",
        ]
        let status = HTTPResponseStatus(statusCode: error.status.code)
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(text))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        leave(context)
    }

    /// Closing at once what still has bytes to be read would make the kernel drop the answer.
    private func leave(_ context: ChannelHandlerContext) {
        isEnding = true
        isOver = true
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: lingerTime) { context.close(promise: nil) }
    }

    private static func refusal(of error: HTTPParserError) -> APIError {
        error == .headerOverflow
            ? APIError(.requestHeaderFieldsTooLarge, "the headers are too large; send fewer or shorter ones")
            : .badRequest(
                "this is no request as RFC 9112 has it; send it as a library for HTTP would")
    }

    /// Why a request is not looked at any further.
    private static func refusal(of head: HTTPRequestHead) -> APIError? {
        var (hosts, lengths, encodings) = (0, 0, 0)
        // Once for all of them, as it is done for every report.
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where isSame(name, "host"):
                hosts += 1
                guard HTTPRequestHead.isAuthority(value) else {
                    return .badRequest("the header 'Host' is no name or address with or without a port")
                }
            case 6 where isSame(name, "expect") && !head.isOld:
                guard isSame(value, "100-continue") else {
                    return APIError(.expectationFailed, "the only expectation that is known here is '100-continue'")
                }
            case 14 where isSame(name, "content-length"): lengths += 1
            case 17 where isSame(name, "transfer-encoding"): encodings += 1
            default: break
            }
        }
        if hosts > 1 || (hosts == 0 && !head.isOld) { return .badRequest("a request has one header 'Host'") }
        if lengths > 0, encodings > 0 {
            return .badRequest("a request has either a 'Content-Length' or a 'Transfer-Encoding'")
        }
        return nil
    }

    /// Whether they are the same but for capital letters; the second has none.
    private static func isSame(_ text: String, _ small: StaticString) -> Bool {
        text.utf8.count == small.utf8CodeUnitCount
            && zip(text.utf8, UnsafeBufferPointer(start: small.utf8Start, count: small.utf8CodeUnitCount))
                .allSatisfy { ($0 | 0x20) == $1 }
    }
}

extension HTTPRequestHead {
    var isOld: Bool { version.major == 1 && version.minor == 0 }
}
