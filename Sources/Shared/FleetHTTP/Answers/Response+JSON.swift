import FleetModel
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// - Throws: `EncodingError`, which no value of ours causes.
    package static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        let data = try answerEncoder.encode(value)
        return .json(HarmlessJSON.text(data), status: status, headers: headers)
    }

    /// An answer whose JSON is there already.
    package static func json(
        _ text: ByteBuffer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: text))
    }

    /// The error as `{"detail": …}`.
    package static func error(_ error: APIError, requestID: String? = nil) -> Response {
        var headers = error.headers
        if error.closesConnection { headers[.connection] = "close" }
        return .json(error.text(requestID: requestID), status: error.status, headers: headers)
    }
}

extension APIError {
    /// `{"detail": …}`
    func text(requestID: String? = nil) -> ByteBuffer {
        let answer = ErrorAnswer(detail: detail, errors: errors, requestID: requestID, clientName: clientName)
        let data = (try? answerEncoder.encode(answer)) ?? Data(#"{"detail":"the error cannot be written"}"#.utf8)
        return HarmlessJSON.text(data)
    }
}

/// Encoding only reads its settings, so that one serves all.
private let answerEncoder: JSONEncoder = {
    let encoder = JSONEncoder()
    // Sorted, so that the same thing always looks the same to a reader of `curl`.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
}()
