import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// What bodies may have where nothing else is said, in bytes.
    package static let bodyLimit = 1024 * 1024

    /// - Parameter limit: in bytes.
    /// - Throws: `APIError` 413 where the body is longer, whatever it says of its length, and 400 where it breaks off or
    ///   is no body: that is a fault of the other side.
    package func wholeBody(upTo limit: Int = bodyLimit) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap(Int.init), length > limit {
            throw APIError.tooLarge(limit: limit)
        }
        var whole: ByteBuffer?
        do {
            for try await part in body {
                guard (whole?.readableBytes ?? 0) + part.readableBytes <= limit else {
                    throw APIError.tooLarge(limit: limit)
                }
                if whole == nil { whole = part } else { whole?.writeImmutableBuffer(part) }
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
        return whole ?? ByteBuffer()
    }

    /// The body read as JSON.
    /// - Throws: `APIError` 400 with a sentence that names the field, or 413.
    package func json<Value: Decodable>(_ type: Value.Type, upTo limit: Int = bodyLimit) async throws -> Value {
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
