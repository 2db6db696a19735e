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
    let limits: TimeLimits
    /// Calls leave from here; nil is as the system decides.
    var localAddress: String?

    /// Asks, and reads the answer.
    ///
    /// - Parameters:
    ///   - names: for the placeholders of the path.
    ///   - query: with its `?`.
    ///   - body: sent as JSON.
    func call<Answer: Decodable>(
        _ endpoint: Endpoint<Answer>, _ names: String..., query: String = "", body: (any Encodable & Sendable)? = nil
    ) async throws(FleetClientError) -> Answer {
        let bytes = try await raw(endpoint, path: endpoint.route.path(names) + query, body: body)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
        } catch {
            throw translated(error, timeout: limits.seconds(for: endpoint))
        }
    }

    /// The body of an answer, as it is.
    func raw<Answer>(
        _ endpoint: Endpoint<Answer>, path: String, body: (any Encodable & Sendable)? = nil
    ) async throws(FleetClientError) -> ByteBuffer {
        let request = try request(endpoint.route, path: path, body: body)
        let seconds = limits.seconds(for: endpoint)
        do {
            return try await withTimeLimit(seconds: seconds) {
                let response = try await http.reach(request)
                try await check(response)
                return try await response.body.collect(upTo: Self.longestAnswer)
            }
        } catch {
            throw translated(error, timeout: seconds)
        }
    }

    /// Begins an answer that goes on. Until it has begun the time is that of the endpoint; afterwards silence is what
    /// ends it.
    ///
    /// - Parameter lastEventID: of the last event that was read; nil where none was.
    func open<Answer>(
        _ endpoint: Endpoint<Answer>, _ names: String..., query: String, after lastEventID: String?
    ) async throws(FleetClientError) -> EventStream {
        var request = try request(endpoint.route, path: endpoint.route.path(names) + query, body: nil)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let seconds = limits.seconds(for: endpoint)
        do {
            let body = try await withTimeLimit(seconds: seconds) { [request] in
                let response = try await http.reach(request)
                try await check(response)
                return response.body
            }
            return EventStream(body: body, connection: self)
        } catch {
            throw translated(error, timeout: seconds)
        }
    }

    private func request(
        _ route: Route, path: String, body: (any Encodable & Sendable)?
    ) throws(FleetClientError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: try address.url(of: path))
        request.localAddress = localAddress
        request.method = HTTPMethod(rawValue: route.method.rawValue)
        request.headers.add(name: "User-Agent", value: "master-control/\(ProgramVersion.current)")
        if case .socket = address { request.headers.replaceOrAdd(name: "Host", value: "localhost") }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            do {
                request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
            } catch {
                throw .unreadable(server: address.name, reason: "what is asked of it cannot be written: \(error)")
            }
            request.headers.add(name: "Content-Type", value: "application/json")
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
        .translated(error, from: address.name, socket: address.socketPath, timeout: timeout)
    }
}
