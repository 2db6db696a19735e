import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

extension FleetClientError {
    /// What an error of a connection means for whoever asked: the one place where that is said.
    ///
    /// - Parameters:
    ///   - server: what it is called in messages.
    ///   - socket: the path of the Unix socket that was asked; nil where it was a port.
    ///   - timeout: seconds that were waited, where it was too long.
    package static func translated(
        _ error: any Error, from server: String, socket: String? = nil, timeout: Double
    ) -> FleetClientError {
        switch error {
        case let error as FleetClientError: error
        case is TimeLimitPassed: .timedOut(server: server, seconds: timeout)
        case is UnfinishedHead:
            .timedOut(server: server, seconds: Double(AnswerGuard.headTime.nanoseconds) / 1e9)
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            .timedOut(server: server, seconds: timeout)
        case let error as HTTPClientError where error == .connectTimeout:
            .unreachable(server: server, reason: "nobody is there, or the network drops all of it; \(isItOn)")
        case is NIOTooManyBytesError, is EventStreamParser.TooLong:
            .unreadable(server: server, reason: "it is too long")
        case let error as SenselessAnswer:
            .unreadable(server: server, reason: "\(error.reason); is that the right address?")
        case is HTTPParserError:
            .unreadable(server: server, reason: "it is no HTTP; is that the right address?")
        case let error as DecodingError: .unreadable(server: server, reason: reason(error))
        default: .unreachable(server: server, reason: reason(error, socket: socket))
        }
    }

    private static func reason(_ error: any Error, socket: String?) -> String {
        let code: CInt? =
            switch error {
            case let error as IOError: error.errnoCode
            case let error as NIOConnectionError: (error.connectionErrors.first?.error as? IOError)?.errnoCode
            default: nil
            }
        if let socket {
            switch code {
            case ENOENT, ECONNREFUSED:
                return "no daemon answers there; start one with 'master-control up', or give its --socket-path"
            case EACCES, EPERM: return SocketOwner.advice(for: socket)
            default: break
            }
        }
        switch code {
        case ECONNREFUSED: return "connection refused; is it running, and is that its port?"
        case ECONNRESET, EPIPE: return closed
        case EHOSTUNREACH, ENETUNREACH: return "there is no way to that host; \(isItOn)"
        case ETIMEDOUT: return "nothing that is sent to it arrives any more; \(isItOn)"
        case let code?: return strerror(code).map { String(cString: $0) } ?? "error \(code)"
        case nil: break
        }
        switch error {
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            return "its host name is not known"
        case is ChannelError: return closed
        case let error as HTTPClientError where error == .remoteConnectionClosed: return closed
        case let error as HTTPClientError
        where error == .invalidURL || error == .emptyHost:
            return ServerAddress.advice
        // Its full text may have a header in it, and thus a token.
        case let error as HTTPClientError: return error.shortDescription
        default: return "\(error)"
        }
    }

    private static let isItOn = "is it on, and on the network?"
    private static let closed = "it closed the connection before it had answered; try again, or look at its log"

    private static func reason(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "'\(place(context.codingPath + [key]))' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "'\(place(context.codingPath))' is of another type; are both programs of the same version?"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "'\(place(context.codingPath))' has an unknown value; are both programs of the same version?"
        default: return "it is no JSON; is that the right address?"
        }
    }
}
