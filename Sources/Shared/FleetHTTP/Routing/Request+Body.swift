import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// - Parameter limit: in bytes.
    /// - Throws: `APIError` 413 where the body is longer, whatever it says of its length; 400 where it breaks off or is no
    ///   body, which is a fault of the other side; 503 where too many large bodies are read at the time.
    package func wholeBody(upTo limit: Int = HTTPLimits.body) async throws -> ByteBuffer {
        try await withWholeBody(upTo: limit) { $0 }
    }

    /// As `wholeBody`, for one that is worked on for longer: it counts as being read until the work is done.
    package func withWholeBody<Value>(
        upTo limit: Int = HTTPLimits.body, for holder: ByteBudget.Holder = .operating, budget: ByteBudget = .bodies,
        _ work: (ByteBuffer) async throws -> Value
    ) async throws -> Value {
        let length = headers[.contentLength].flatMap { Int($0) } ?? 0
        if length > limit { throw APIError.tooLarge(limit: limit) }
        var lease: ByteLease?
        func claim(_ bytes: Int) throws {
            guard bytes > ByteBudget.small else { return }
            if let lease, lease.grow(to: bytes) { return }
            if lease == nil, let first = budget.claim(bytes, for: holder) { return lease = first }
            throw APIError(
                .serviceUnavailable, "too many large requests are being read; send this one again in a moment",
                headers: [.retryAfter: "5"], closesConnection: true)
        }
        // As they come, and not as they are announced: a few who announce much and send nothing would take all the room.
        var whole: ByteBuffer?
        do {
            for try await part in body {
                let bytes = (whole?.readableBytes ?? 0) + part.readableBytes
                guard bytes <= limit else { throw APIError.tooLarge(limit: limit) }
                try claim(bytes)
                guard whole != nil else {
                    whole = part
                    // What is known to be long is not copied over and over.
                    if length > ByteBudget.small { whole?.reserveCapacity(length) }
                    continue
                }
                whole?.writeImmutableBuffer(part)
            }
        } catch let error as APIError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw APIError(
                .badRequest, "the body breaks off or is not encoded as it says; send the request again",
                closesConnection: true)
        }
        defer { withExtendedLifetime(lease) {} }
        return try await work(whole ?? ByteBuffer())
    }

    /// The body read as JSON.
    /// - Throws: `APIError` 400 with a sentence that names the field, or 413.
    package func json<Value: Decodable>(_ type: Value.Type, upTo limit: Int = HTTPLimits.body) async throws -> Value {
        let text = try await wholeBody(upTo: limit)
        do {
            return try JSONDecoder().decode(type, from: Data(text.readableBytesView))
        } catch let error as DecodingError {
            throw APIError.badRequest(jsonProblem(error))
        }
    }
}

/// Says where the value is and what is wrong with it.
package func jsonProblem(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
        "'\(path(context.codingPath + [key]))' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
        "'\(path(context.codingPath))' has a value of the wrong type"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
        "'\(path(context.codingPath))' has a value that is not allowed: \(context.debugDescription)"
    default: "the body is not valid JSON"
    }
}

private func path(_ keys: [any CodingKey]) -> String {
    keys.isEmpty ? "the body" : keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
}
