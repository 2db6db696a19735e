import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// A long answer is held only while there is room for it, and handed over as its reader takes it. Readers that take
    /// nothing can so hold no more than the budget, however many they are.
    func withinBudget(for holder: ByteBudget.Holder, budget: ByteBudget = .answers) -> Response {
        guard let length = body.contentLength, length > ByteBudget.small else { return self }
        guard let lease = budget.claim(length, for: holder) else {
            var refusal = Response.error(
                APIError(
                    .serviceUnavailable, "too many long answers wait to be taken; ask again in a moment",
                    headers: [.retryAfter: "5"]))
            refusal.headers[.date] = headers[.date]
            return refusal
        }
        var answer = self
        let body = body
        answer.body = ResponseBody(contentLength: length) { writer in
            defer { withExtendedLifetime(lease) {} }
            try await body.write(PieceWriter(inner: writer))
        }
        return answer
    }
}

/// Writes in pieces, the next one when the reader has room for it. The last ones, which may wait when all has been handed
/// over, have memory of their own: a part of a long buffer would keep all of it.
struct PieceWriter: ResponseBodyWriter {
    static let bytes = 128 << 10

    var inner: any ResponseBodyWriter

    mutating func write(_ buffer: ByteBuffer) async throws {
        for piece in buffer.pieces(of: Self.bytes) { try await inner.write(piece) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await inner.finish(trailingHeaders) }
}

extension ByteBuffer {
    /// Parts of it as long as a whole one follows, and then copies; a buffer that is one piece is that.
    func pieces(of bytes: Int) -> some Sequence<ByteBuffer> {
        sequence(state: self) { rest -> ByteBuffer? in
            guard rest.readableBytes > 0 else { return nil }
            if rest.readableBytes == readableBytes, readableBytes <= bytes {
                defer { rest.clear() }
                return self
            }
            guard let piece = rest.readSlice(length: Swift.min(bytes, rest.readableBytes)) else { return nil }
            return rest.readableBytes >= bytes ? piece : ByteBuffer(bytes: piece.readableBytesView)
        }
    }
}
