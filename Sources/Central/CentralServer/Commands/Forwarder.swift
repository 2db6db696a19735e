import AsyncHTTPClient
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Passes a request on to the daemon of a client, and its answer back.
package struct Forwarder: Sendable {
    /// What an answer may have; above what a daemon gives of a log, by what a newer one may write around it. Bytes.
    static let longestAnswer = WireLimits.logBytes + (1 << 20)
    /// The statuses that a daemon answers with. What answers with another one is no daemon.
    private static let answers: Set<Int> = [200, 400, 404, 405, 408, 409, 413, 421, 422, 500, 503]

    private let http: HTTPClient
    private let names: HostNames
    private let limits: TimeLimits
    private let state: FleetState
    let introduced = IntroducedDaemons()

    package init(
        http: HTTPClient, names: HostNames = .shared, limits: TimeLimits = TimeLimits(), state: FleetState
    ) {
        self.http = http
        self.names = names
        self.limits = limits
        self.state = state
    }

    /// Where the daemon of a client is, and the token that it takes.
    ///
    /// - Throws: `APIError`: 404 for an unknown client, 502 where nothing may be sent to it.
    private func place(of client: String) throws -> Place {
        let keys = state.keys
        let (known, address, own) = state.ask { picture, _ in
            (picture.knows(client), picture.address(of: client), picture.inventory[client]?.apiToken)
        }
        guard known else { throw APIError.notFound("there is no client '\(client)' in this fleet") }
        guard let address else {
            throw APIError(
                .badGateway,
                "the address of client '\(client)' is not known: it has not reported yet, or by way of a proxy "
                    + "that central.trusted_proxies does not name; is its daemon running, or should it be in the "
                    + "inventory?")
        }
        // Such an address could be that of another host, which then is sent neither our token nor a command.
        guard address.isTrusted || !keys.isGuarded else {
            throw APIError(
                .badGateway,
                "client '\(client)' named its address \(address.host) without showing the central's api_token, so "
                    + "that nothing is sent there: put the client into the inventory")
        }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        var place = Place(client: client, address: "\(host):\(address.port)", token: own ?? keys.apiToken)
        // The zone of an address is this host's own business, and is not told to others.
        if host.contains("%") { place.hostHeader = "\(host.prefix { $0 != "%" })]:\(address.port)" }
        return place
    }

    /// The head of an answer; whoever reads its body limits the time for that.
    ///
    /// - Throws: `APIError`: as for its place, 502 and 504 where its daemon does not answer.
    private func send(
        _ route: Route, path: String, within seconds: Double, to client: String, lastEventID: String? = nil
    ) async throws -> HTTPClientResponse {
        let daemon = try place(of: client)
        let isAsked = route.method != .get && !introduced.contains(client, at: daemon.address)
        if isAsked { try await introduce(daemon, within: seconds) }
        let response = try await ask(daemon, route, path: path, within: seconds, lastEventID: lastEventID)
        // An older daemon names itself only when it is asked.
        if !(try isNamed(response, as: daemon)), !isAsked {
            // Where there was a name before, it is somebody else now, and what was done cannot be taken back.
            guard route.method == .get else { throw Self.nameless(daemon) }
            try await introduce(daemon, within: seconds)
        }
        return response
    }

    /// A daemon that is asked.
    struct Place: Sendable {
        var client: String
        /// With its port.
        var address: String
        var token: String?
        /// Where it is not the address.
        var hostHeader: String?
        var description: String { "client '\(client)' (\(address))" }
    }

    func ask(
        _ daemon: Place, _ route: Route, path: String, within seconds: Double, lastEventID: String? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "http://\(daemon.address)\(path)")
        request.method = HTTPMethod(rawValue: route.method.rawValue)
        request.headers.add(name: ClientHeader.name, value: daemon.client)
        if let host = daemon.hostHeader { request.headers.add(name: "Host", value: host) }
        if let token = daemon.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let place = daemon.description
        do {
            let response = try await withTimeLimit(seconds: seconds) { [http, names, request] in
                try await http.reach(request, names: names)
            }
            // Its name says it better than its status.
            if response.status == .misdirectedRequest { _ = try isNamed(response, as: daemon) }
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
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Self.refusal(error, from: place, after: seconds)
        }
    }

    /// The daemon's answer, whole.
    ///
    /// - Parameter limit: seconds for all of it, where that is less than the endpoint has.
    func pass<Answer>(
        _ endpoint: Endpoint<Answer>, _ names: String..., query: String = "", to client: String,
        within limit: Double = .infinity
    ) async throws -> PassedAnswer {
        let seconds = min(limit, limits.seconds(for: endpoint))
        let ending = endpoint.pace == .patient ? min(limit, limits.ending) : seconds
        let path = endpoint.route.path(names) + query
        return try await limited(to: seconds, client) {
            let answer = try await send(endpoint.route, path: path, within: seconds, to: client)
            return try await limited(to: ending, client, "came to no end of its answer") {
                try await whole(answer, of: client, upTo: Self.longestAnswer)
            }
        }
    }

    /// - Parameter what: it did not do in time.
    func limited<Value: Sendable>(
        to seconds: Double, _ client: String, _ what: String = "did not answer",
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withTimeLimit(seconds: seconds, work)
        } catch is TimeLimitPassed {
            throw APIError(
                .gatewayTimeout,
                "client '\(client)' \(what) within \(Self.written(seconds)) s; what was asked of it may still happen")
        }
    }

    private static func written(_ seconds: Double) -> String {
        Int(exactly: seconds).map { "\($0)" } ?? "\((seconds * 10).rounded() / 10)"
    }

    func whole(
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
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Self.refusal(error, from: "client '\(client)'", after: TimeLimits.silence)
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
    func stream<Answer>(
        _ endpoint: Endpoint<Answer>, _ names: String..., query: String, from client: String, to request: Request,
        in context: FleetContext
    ) async throws -> Response {
        let seconds = limits.seconds(for: endpoint)
        let path = endpoint.route.path(names) + query
        let lastEventID = request.headers[.lastEventID]
        let answer = try await limited(to: seconds, client) {
            try await send(endpoint.route, path: path, within: seconds, to: client, lastEventID: lastEventID)
        }
        guard answer.status == .ok else {
            // What refuses a stream is a short answer that ends; one that does not is an error of its own.
            return try await limited(to: seconds, client) {
                try await whole(answer, of: client, upTo: ByteBudget.small)
            }.response
        }
        return try .stream(of: request, in: context, contentType: "text/event-stream; charset=utf-8") { writer in
            for try await part in answer.body { try await writer.write(part) }
        }
    }

    private static func refusal(_ error: any Error, from place: String, after seconds: Double) -> APIError {
        let error = FleetClientError.translated(error, from: place, timeout: seconds)
        if case .timedOut = error { return APIError(.gatewayTimeout, "\(error)") }
        return APIError(.badGateway, "\(error)")
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
