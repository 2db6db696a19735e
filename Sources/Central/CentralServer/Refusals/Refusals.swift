import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import Synchronization

/// Refused requests on their way to the store. They are counted and no more: the audit is for what was done.
package final class Refusals: Sendable {
    private let tally = Mutex(RefusalTally())

    init() {}

    func drain() -> [Refusal] { tally.withLock { $0.drain() } }

    /// Whether an error counts as a refusal: it was not allowed, too often or too long, or a change that makes no sense.
    static func isRefusal(_ status: HTTPResponse.Status, _ method: HTTPRequest.Method) -> Bool {
        switch status {
        case .unauthorized, .forbidden, .tooManyRequests, .contentTooLarge: true
        case .badRequest: method != .get && method != .head
        default: false
        }
    }

    func note(_ error: APIError, _ request: Request, _ context: FleetContext, at time: Timestamp) {
        guard Self.isRefusal(error.status, request.method) else { return }
        tally.withLock {
            $0.note(
                context.addressBlock, status: error.status.code, method: request.method.rawValue,
                path: request.uri.path, reason: error.detail, at: time)
        }
    }
}
