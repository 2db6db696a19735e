import FleetModel
import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport

@testable import FleetClient
@testable import FleetHTTP

extension Fuzzer {
    private static let http = [
        "\r\n", "\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.0 ", "HTTP/9.9 ",
        "HTTP/1.1 101 X\r\n", "HTTP/1.1 204 X\r\n\r\n", "HTTP/1.1 304 X\r\n\r\n", "Content-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "0\r\n\r\n", "ffffffffffffffff\r\n",
        "5\r\nabcde\r\n", "\0", "\n",
        " ", ":", "Host: a\r\n", "Expect: 100-continue\r\n", "GET / HTTP/1.1\r\n", "POST /x HTTP/1.0\r\n", "é",
        "Upgrade: x\r\n",
        "Trailer: x\r\n",
    ]

    /// What comes out of the guard is what the HTTP client expects: heads of 200 to 599, each with its body and its end.
    static let answers = Fuzzer(
        "answers",
        seeds: [
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nX: y\r\n\r\n",
            "HTTP/1.1 099 X\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil it ends",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\nx",
        ], pieces: http
    ) { bytes, chance in
        let checker = AnswerChecker()
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPRequestEncoder())
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)))
        try pipeline.addHandler(checker)
        try AnswerGuard.install(in: channel).wait()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let method: HTTPMethod = chance.below(4) == 0 ? .HEAD : .GET
        channel.write(
            HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: method, uri: "/")), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(1 + chance.below(rest.count))
            rest = rest.dropFirst(part.count)
            try? channel.writeInbound(ByteBuffer(bytes: part))
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        if let problem = checker.problem { throw Finding(problem) }
        return checker.count > 0
    }

    /// What our servers make of a request before it is looked at.
    static let requests = Fuzzer(
        "requests",
        seeds: [
            "GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /api/heartbeat HTTP/1.1\r\nHost: a:1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde",
            "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
        ], pieces: http
    ) { bytes, chance in
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(RequestGuard(lingerTime: .seconds(1)), position: .after(decoder))
        let answerer = Answerer()
        try pipeline.addHandler(answerer)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(1 + chance.below(rest.count))
            rest = rest.dropFirst(part.count)
            try? channel.writeInbound(ByteBuffer(bytes: part))
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        if let problem = answerer.problem { throw Finding(problem) }
        return answerer.count > 0
    }

    static let events = Fuzzer(
        "events",
        seeds: [
            "id: a-1\nevent: client\ndata: {\"name\":\"a\"}\n\n",
            ": keep-alive\n\nid: x\n\nevent: resync\r\ndata: {}\r\n\r\n",
            "\u{FEFF}data\ndata:\ndata: x\n\n", "retry: 99999999999999999999\nid: \0\n\n",
            "event: snapshot\ndata: {\"clients\":[],\"deployments\":[]}\n\n",
        ],
        pieces: [
            "\n", "\r", "\r\n", ":", " ", "data", "data:", "id:", "event:", "event: workload\n", "\0", "\u{FEFF}", "é",
            "{}", "[]",
        ]
    ) { bytes, chance in
        var whole = EventStreamParser(longestEvent: 4096)
        var pieces = EventStreamParser(longestEvent: 4096)
        let expected = try? whole.read(bytes)
        var read: [StreamEvent]? = []
        var rest = bytes[...]
        do {
            while !rest.isEmpty {
                let part = rest.prefix(1 + chance.below(rest.count))
                rest = rest.dropFirst(part.count)
                read? += try pieces.read(part)
            }
        } catch { read = nil }
        try expect(read == expected, "in pieces it is read otherwise")
        for event in expected ?? [] {
            _ = try? FleetEvent(event: event.event, data: event.data)
            var buffer = ByteBuffer()
            ServerSentEvent(id: event.id, event: event.event, data: event.data).write(into: &buffer)
            var again = EventStreamParser()
            let copy = try again.read(buffer.readableBytesView)
            try expect(copy.map(\.data) == [event.data], "what is written is not what is read: \(event)")
        }
        return expected?.isEmpty == false
    }
}

private final class AnswerChecker: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    var problem: String?
    private var isInBody = false
    private(set) var count = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            count += 1
            if isInBody || count > 1 { problem = "a second head" }
            if !(200..<600).contains(head.status.code) { problem = "the status \(head.status.code)" }
            isInBody = true
        case .body: if !isInBody { problem = "a body without a head" }
        case .end:
            if !isInBody { problem = "an end without a head" }
            isInBody = false
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Answers each request when it is complete.
private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    var problem: String?
    private(set) var count = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if head.headers["Host"].count > 1 { problem = "two hosts came through" }
            if head.version == .http1_1, head.headers["Host"].isEmpty { problem = "no host came through" }
        case .body: break
        case .end:
            count += 1
            context.write(
                wrapOutboundOut(
                    .head(HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "0"]))),
                promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
