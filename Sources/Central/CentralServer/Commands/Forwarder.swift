import AsyncHTTPClient
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOPosix

/// Passes a request on to the daemon of a client, and its answer back.
package struct Forwarder: Sendable {
    /// Longer than any sensible `stop_timeout`: a stop answers when nothing lives any more.
    static let actionSeconds: Int64 = 120
    static let questionSeconds: Int64 = 15
    static let longestAnswer = 16 << 20
    /// The statuses that a daemon answers with. What answers with another one is no daemon.
    private static let answers: Set<Int> = [200, 400, 404, 405, 408, 409, 413, 421, 422, 500, 503]

    private let http: HTTPClient
    /// Shown to a client that has no token of its own in the inventory.
    private let apiToken: String?
    /// Some token is configured: then nothing goes to an address that a stranger may have named.
    private let isGuarded: Bool
    private let state: FleetState

    package init(http: HTTPClient, apiToken: String?, isGuarded: Bool, state: FleetState) {
        self.http = http
        self.apiToken = apiToken
        self.isGuarded = isGuarded
        self.state = state
    }

    /// Where the daemon of a client is, and the token that it takes.
    ///
    /// - Throws: `APIError`: 404 for an unknown client, 502 where nothing may be sent to it.
    private func destination(of client: String) throws -> (address: ClientAddress, token: String?) {
        let (known, address, own) = state.ask { picture, _ in
            (picture.knows(client), picture.address(of: client), picture.inventory[client]?.apiToken)
        }
        guard known else { throw APIError.notFound("there is no client '\(client)' in this fleet") }
        guard let address else {
            throw APIError(
                .badGateway,
                "the address of client '\(client)' is not known: it has not reported yet; "
                    + "is its daemon running, or should it be in the inventory?")
        }
        // Such an address could be that of another host, which then is sent neither our token nor a command.
        guard address.isTrusted || !isGuarded else {
            throw APIError(
                .badGateway,
                "client '\(client)' named its address \(address.host) without showing the central's api_token, so "
                    + "that nothing is sent there: put the client into the inventory")
        }
        return (address, own ?? apiToken)
    }

    /// The head of an answer; whoever reads its body limits the time for that.
    ///
    /// - Throws: `APIError`: as for its destination, 502 and 504 where its daemon does not answer.
    private func send(
        _ endpoint: Endpoint, path: String, to client: String, lastEventID: String? = nil
    ) async throws -> HTTPClientResponse {
        let (address, token) = try destination(of: client)
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        var request = HTTPClientRequest(url: "http://\(host):\(address.port)\(path)")
        request.method = HTTPMethod(rawValue: endpoint.method.rawValue)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let seconds = endpoint.method == .get ? Self.questionSeconds : Self.actionSeconds
        let place = "client '\(client)' (\(host):\(address.port))"
        do {
            let response = try await withTimeLimit(seconds: Double(seconds)) { [http, request] in
                try await http.execute(request, deadline: .distantFuture)
            }
            guard response.status != .unauthorized, response.status != .forbidden else {
                throw APIError(
                    .badGateway, "\(place) does not accept the central's token: set its api_token in the inventory")
            }
            // What answers with another status is no daemon, and its words are not passed on as those of one.
            guard Self.answers.contains(Int(response.status.code)) else {
                throw APIError(
                    .badGateway,
                    "\(place) answered with something that makes no sense: status \(response.status.code); "
                        + "is that its daemon?")
            }
            return response
        } catch let error as APIError {
            throw error
        } catch  where error is TimeLimitPassed || error as? HTTPClientError == .readTimeout {
            throw APIError(.gatewayTimeout, "\(place) did not answer within \(seconds) s")
        } catch let error as CancellationError {
            throw error
        } catch let error as SenselessAnswer {
            throw APIError(.badGateway, "\(place): \(error)")
        } catch {
            throw APIError(
                .badGateway, "\(place) cannot be reached: \(Self.reason(error)); is its daemon running there?")
        }
    }

    /// The daemon's answer, whole.
    func pass(_ endpoint: Endpoint, path: String, to client: String) async throws -> PassedAnswer {
        let seconds = endpoint.method == .get ? Self.questionSeconds : Self.actionSeconds
        return try await limited(to: seconds, client) {
            try await whole(try await send(endpoint, path: path, to: client), of: client, upTo: Self.longestAnswer)
        }
    }

    private func limited<Value: Sendable>(
        to seconds: Int64, _ client: String, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withTimeLimit(seconds: Double(seconds), work)
        } catch is TimeLimitPassed {
            throw APIError(.gatewayTimeout, "client '\(client)' did not end its answer within \(seconds) s")
        }
    }

    private func whole(
        _ response: HTTPClientResponse, of client: String, upTo limit: Int
    ) async throws -> PassedAnswer {
        var body = ByteBuffer()
        var lease: ByteLease?
        do {
            for try await part in response.body {
                let bytes = body.readableBytes + part.readableBytes
                guard bytes <= limit else {
                    throw APIError(
                        .badGateway, "client '\(client)' gave an answer that is too long; ask for fewer lines")
                }
                if bytes > ByteBudget.small {
                    if lease == nil { lease = ByteBudget.forwards.claim(bytes) }
                    guard lease?.grow(to: bytes) == true else {
                        throw APIError(
                            .serviceUnavailable, "too many long answers of clients are being passed on; ask again",
                            headers: [.retryAfter: "5"])
                    }
                }
                body.writeImmutableBuffer(part)
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(.badGateway, "the connection to client '\(client)' broke: \(Self.reason(error))")
        }
        guard JSONCursor.isObject(body) else {
            throw APIError(
                .badGateway, "client '\(client)' answered with something that makes no sense; is that its daemon?")
        }
        return PassedAnswer(
            status: HTTPResponse.Status(code: Int(response.status.code)),
            body: HarmlessJSON.text(body.readableBytesView), lease: lease)
    }

    /// An answer that goes on, as it comes; then the silence between its parts is bounded.
    func stream(_ request: Request, _ context: FleetContext, path: String, from client: String) async throws
        -> Response
    {
        let answer = try await send(
            DaemonEndpoint.logs, path: path, to: client, lastEventID: request.headers[.lastEventID])
        guard answer.status == .ok else {
            // What refuses a stream is a short answer that ends; one that does not is an error of its own.
            return try await limited(to: Self.questionSeconds, client) {
                try await whole(answer, of: client, upTo: ByteBudget.small)
            }.response
        }
        return try .stream(of: request, in: context, contentType: "text/event-stream; charset=utf-8") { writer in
            for try await part in answer.body { try await writer.write(part) }
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout: "no answer to the connection"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason($0.error) } ?? "its host name is not known"
        default: "\(error)"
        }
    }
}

/// What a daemon answered, to be passed on: the same JSON, with nothing in it that steers a terminal.
struct PassedAnswer: Sendable {
    var status: HTTPResponse.Status
    /// JSON.
    var body: ByteBuffer
    /// What it takes of the budget for such answers.
    var lease: ByteLease?

    var response: Response { .json(body, status: status) }
}
