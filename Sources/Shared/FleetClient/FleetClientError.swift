import FleetModel

/// Why a call did not give what was wanted; each text says what to do.
package enum FleetClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nobody answers there, or the connection broke.
    case unreachable(server: String, reason: String)
    /// It was reached and did not answer in time.
    case timedOut(server: String, seconds: Double)
    /// It answered with an error.
    case answered(status: Int, ErrorAnswer)
    /// It answered with something that is not what the contract says.
    case unreadable(server: String, reason: String)

    package var description: String {
        switch self {
        case .unreachable(let server, let reason): "\(server) cannot be reached: \(reason)"
        case .timedOut(let server, let seconds):
            "\(server) did not answer within \(Self.written(seconds)) s; what was asked of it may still happen"
        case .answered(_, let answer): answer.detail
        case .unreadable(let server, let reason): "\(server) gave an answer that cannot be read: \(reason)"
        }
    }

    private static func written(_ seconds: Double) -> String {
        Int(exactly: seconds).map { "\($0)" } ?? "\(seconds)"
    }
}
