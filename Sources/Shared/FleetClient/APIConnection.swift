import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Calls to one server: the way there, the token, and what becomes of an answer.
struct APIConnection: Sendable {
    /// What an answer may have; a list of a thousand clients has a hundredth of it. Bytes.
    static let longestAnswer = 64 << 20
    static let longestErrorAnswer = 1 << 20

    let http: HTTPClient
    let address: ServerAddress
    let token: String?
    /// Calls leave from here; nil is as the system decides.
    var localAddress: String?

    /// - Parameter timeout: seconds for all of it.
    func call<Answer: Decodable>(
        _ endpoint: Endpoint, path: String, body: ByteBuffer? = nil, timeout: Double, as type: Answer.Type
    ) async throws(FleetClientError) -> Answer {
        let bytes = try await raw(endpoint, path: path, body: body, timeout: timeout)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch {
            throw translated(error, timeout: timeout)
        }
    }

    /// The body of an answer, as it is.
    func raw(
        _ endpoint: Endpoint, path: String, body: ByteBuffer? = nil, timeout: Double
    ) async throws(FleetClientError) -> ByteBuffer {
        let request = try request(endpoint, path: path, body: body)
        do {
            return try await withTimeLimit(seconds: timeout) {
                let response = try await http.execute(
                    request, timeout: .milliseconds(Int64(clamping: min(timeout, 86_400) * 1000)))
                try await check(response)
                return try await response.body.collect(upTo: Self.longestAnswer)
            }
        } catch {
            throw translated(error, timeout: timeout)
        }
    }

    /// Begins an answer that goes on.
    ///
    /// - Parameter timeout: seconds until it has begun; afterwards silence is what ends it.
    func open(
        _ endpoint: Endpoint, path: String, lastEventID: String?, timeout: Double
    ) async throws(FleetClientError) -> HTTPClientResponse.Body {
        var request = try request(endpoint, path: path, body: nil)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        do {
            return try await withTimeLimit(seconds: timeout) { [request] in
                let response = try await http.execute(request, deadline: .distantFuture)
                try await check(response)
                return response.body
            }
        } catch {
            throw translated(error, timeout: timeout)
        }
    }

    private func request(
        _ endpoint: Endpoint, path: String, body: ByteBuffer?
    ) throws(FleetClientError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: try address.url(of: path))
        request.localAddress = localAddress
        request.method = HTTPMethod(rawValue: endpoint.method.rawValue)
        request.headers.add(name: "User-Agent", value: "master-control/\(ProgramVersion.current)")
        if case .socket = address { request.headers.replaceOrAdd(name: "Host", value: "localhost") }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        return request
    }

    private func check(_ response: HTTPClientResponse) async throws {
        guard response.status.code >= 300 else { return }
        let body = try await response.body.collect(upTo: Self.longestErrorAnswer)
        // The phrase of a status is the server's own text, and is not shown.
        let answer = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(body.readableBytesView))
        throw FleetClientError.answered(
            status: Int(response.status.code),
            answer
                ?? ErrorAnswer(
                    detail: "\(address.name) answered \(HTTPResponseStatus(statusCode: Int(response.status.code)))"))
    }

    func translated(_ error: any Error, timeout: Double) -> FleetClientError {
        .translated(error, from: address, timeout: timeout)
    }
}
