import FleetHTTP
import FleetModel
import Hummingbird
import NIOCore
import Testing

@Suite("Streams of events", .timeLimit(.minutes(1)))
struct EventStreamTests {
    @Test(
        "an event is written as the format wants it",
        arguments: [
            (ServerSentEvent(data: "a"), "data: a\n\n"),
            (ServerSentEvent(id: "7", event: "line", data: "a\nb"), "id: 7\nevent: line\ndata: a\ndata: b\n\n"),
            (ServerSentEvent(data: ""), "data: \n\n"),
            (ServerSentEvent(id: "1\nevent: x", data: "a\r\nb\rc"), "id: 1event: x\ndata: a\ndata: b\ndata: c\n\n"),
        ])
    func format(event: ServerSentEvent, text: String) {
        var buffer = ByteBuffer()
        event.write(into: &buffer)
        #expect(String(buffer: buffer) == text)
    }

    private static func routes(_ events: AsyncStream<[ServerSentEvent]>) -> Routes {
        var routes = openRoutes()
        routes.on(Endpoint(.get, "/api/events"), needs: .open) { request, context in
            try .events(events, of: request, in: context, keepAlive: .milliseconds(100))
        }
        return routes
    }

    private static let request = "GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("comments keep a silent stream alive, which the idle time does not end")
    func keepAlive() async throws {
        let (events, source) = AsyncStream<[ServerSentEvent]>.makeStream()
        var limits = HTTPLimits()
        // Long enough for a busy machine to send the request.
        limits.idleTime = .seconds(6)
        let text = try await withListener(Self.routes(events), limits: limits) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.request)
                try await connection.untilCount(of: ": keep-alive", 65)
                source.yield([ServerSentEvent(id: "1", data: "hello")])
                _ = try await connection.until("data: hello")
                source.finish()
                return try await connection.untilClosed()
            }
        }
        #expect(text.lowercased().contains("content-type: text/event-stream"))
        #expect(text.contains("id: 1\ndata: hello\n\n"))
        #expect(text.hasSuffix("0\r\n\r\n"))
    }

    @Test("a stream ends when the server goes down, which waits for nothing else")
    func shutdown() async throws {
        let (events, source) = AsyncStream<[ServerSentEvent]>.makeStream()
        let reader = try await withListener(Self.routes(events)) { port in
            source.yield([ServerSentEvent(data: "hello")])
            let (seen, seenSource) = AsyncStream<Void>.makeStream()
            let reader = Task {
                try await RawConnection.open(port: port) { connection in
                    try await connection.send(Self.request)
                    _ = try await connection.until("data: hello")
                    seenSource.finish()
                    return try await connection.untilClosed()
                }
            }
            for await _ in seen {}
            return reader
        }
        #expect(try await reader.value.hasSuffix("0\r\n\r\n"))
    }

    @Test("a reader that goes away ends its stream")
    func readerGone() async throws {
        let (events, source) = AsyncStream<[ServerSentEvent]>.makeStream()
        let (ended, endedSource) = AsyncStream<Void>.makeStream()
        source.onTermination = { _ in endedSource.finish() }
        try await withListener(Self.routes(events)) { port in
            source.yield([ServerSentEvent(data: "hello")])
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.request)
                _ = try await connection.until("data: hello")
            }
            for await _ in ended {}
        }
    }
}

extension RawConversation {
    mutating func untilCount(of text: String, _ count: Int) async throws {
        while try await until(text).ranges(of: text).count < count { try await more() }
    }
}
