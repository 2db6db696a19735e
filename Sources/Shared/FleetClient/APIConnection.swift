import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Calls to one server: the way there, the token, and what becomes of an answer.
struct APIConnection: Sendable {
    /// What an answer may have; a list of a thousand clients has a hundredth of it.
    static let longestAnswer = 64 << 20
    static let longestErrorAnswer = 1 << 20

    let http: HTTPClient
    let address: ServerAddress
    let token: String?

    /// - Parameter timeout: seconds for all of it.
    func call<Answer: Decodable>(
        _ endpoint: Endpoint, path: String, body: ByteBuffer? = nil, timeout: Double, as type: Answer.Type
    ) async throws(FleetClientError) -> Answer {
        let bytes = try await raw(endpoint, path: path, body: body, timeout: timeout)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch {
            throw .unreadable(server: address.name, reason: "\(error)")
        }
    }

    /// The body of an answer, as it is.
    func raw(
        _ endpoint: Endpoint, path: String, body: ByteBuffer? = nil, timeout: Double
    ) async throws(FleetClientError) -> ByteBuffer {
        let request = try request(endpoint, path: path, body: body)
        do {
            let response = try await http.execute(request, timeout: .milliseconds(Int64(timeout * 1000)))
            try await check(response)
            return try await response.body.collect(upTo: Self.longestAnswer)
        } catch {
            throw translated(error, timeout: timeout)
        }
    }

    /// Begins an answer that goes on.
    func open(
        _ endpoint: Endpoint, path: String, lastEventID: String?, timeout: Double
    ) async throws(FleetClientError) -> HTTPClientResponse.Body {
        var request = try request(endpoint, path: path, body: nil)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        do {
            // The time limit of `execute` would end the stream as well: what bounds it is the silence between events.
            let response = try await http.execute(request, deadline: .distantFuture)
            try await check(response)
            return response.body
        } catch {
            throw translated(error, timeout: timeout)
        }
    }

    private func request(
        _ endpoint: Endpoint, path: String, body: ByteBuffer?
    ) throws(FleetClientError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: try address.url(of: path))
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
        let answer = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(body.readableBytesView))
        throw FleetClientError.answered(
            status: Int(response.status.code),
            answer ?? ErrorAnswer(detail: "\(address.name) answered \(response.status)"))
    }

    func translated(_ error: any Error, timeout: Double) -> FleetClientError {
        switch error {
        case let error as FleetClientError: return error
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .readTimeout || error == .connectTimeout:
            return .timedOut(server: address.name, seconds: timeout)
        case is NIOTooManyBytesError:
            return .unreadable(server: address.name, reason: "it is too long")
        default:
            return .unreachable(server: address.name, reason: reason(error))
        }
    }

    private func reason(_ error: any Error) -> String {
        let code: CInt? =
            switch error {
            case let error as IOError: error.errnoCode
            case let error as NIOConnectionError: (error.connectionErrors.first?.error as? IOError)?.errnoCode
            default: nil
            }
        if case .socket = address {
            switch code {
            case ENOENT, ECONNREFUSED:
                return "no daemon answers there; start one with 'master-control up', or give its --socket-path"
            case EACCES, EPERM:
                return "permission denied; the socket belongs to the user the daemon runs as"
            default: break
            }
        }
        if code == ECONNREFUSED { return "connection refused; is it running, and is that its port?" }
        if let error = error as? NIOConnectionError, error.connectionErrors.isEmpty {
            return "its host name is not known"
        }
        return "\(error)"
    }
}
