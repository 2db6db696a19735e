import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

extension Response {
    /// An answer that goes on: events as they come, several at a time, and a comment while none do, so that both sides see each other.
    ///
    /// It ends when the events do, when the reader goes away or when the server goes down. The next event is only asked
    /// for when the reader took the last one, so that a slow reader holds nothing but itself.
    /// - Throws: `APIError` 503 where whoever asks has had their share of streams.
    package static func events<Events: AsyncSequence & Sendable>(
        _ events: Events, of request: Request, in context: FleetContext, keepAlive: Duration = HTTPLimits.keepAlive
    ) throws -> Response where Events.Element == [ServerSentEvent] {
        try stream(of: request, in: context, contentType: "text/event-stream; charset=utf-8") { writer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await Task.sleep(for: keepAlive)
                        try await writer.write(ByteBuffer(string: ": keep-alive\n\n"))
                    }
                }
                group.addTask {
                    for try await batch in events {
                        var buffer = ByteBuffer()
                        for event in batch { event.write(into: &buffer) }
                        try await writer.write(buffer)
                    }
                }
                // The events' end ends the comments; an error of either ends both.
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// An answer written bit by bit, ended when the reader goes away or the server goes down.
    /// - Throws: `APIError` 503 where whoever asks has had their share of streams.
    package static func stream(
        of request: Request, in context: FleetContext, status: HTTPResponse.Status = .ok, contentType: String,
        write: @escaping @Sendable (StreamWriter) async throws -> Void
    ) throws -> Response {
        let lease = try context.connection?.beginStream(context.principal, at: context.addressBlock)
        let body = ResponseBody { writer in
            let shared = StreamWriter(writer, lease: lease)
            do {
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await cancelWhenGracefulShutdown { try await write(shared) }
                }
            } catch is CancellationError {
                // The reader is gone or we are going: either way the stream ends here.
            }
            try await writer.finish(nil)
        }
        // The connection cannot go on afterwards: its reading side was consumed, to see when the reader goes.
        return Response(
            status: status,
            // nginx would otherwise keep back what comes until it has a page of it.
            headers: [.contentType: contentType, .connection: "close", .xAccelBuffering: "no"], body: body)
    }
}

/// Writes to a stream from several tasks.
///
/// `@unchecked` because hummingbird's protocol does not promise it: its writers are values around NIO's outbound
/// writer, which is made to be used from many tasks at once, and each write is a whole part.
package struct StreamWriter: @unchecked Sendable {
    private let writer: any ResponseBodyWriter
    /// Its place among the streams.
    let lease: StreamLease?

    init(_ writer: any ResponseBodyWriter, lease: StreamLease?) {
        self.writer = writer
        self.lease = lease
    }

    /// What is long is handed over piece by piece, so that no more than one of them waits for a reader that takes none.
    package func write(_ buffer: ByteBuffer) async throws {
        var writer = PieceWriter(inner: writer)
        try await writer.write(buffer)
    }
}
