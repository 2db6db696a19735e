import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import Synchronization

/// Refused requests on their way to the store. They are counted and no more: the audit is for what was done.
package final class Refusals: Sendable {
    /// Rows that are kept where the database refuses them; beyond that the oldest minutes are dropped.
    static let mostKept = 4096
    private struct Place: Hashable {
        var time: Timestamp
        var address: String
    }

    private let tally = Mutex(RefusalTally())
    private let kept = Mutex<[Place: Refusal]>([:])

    init() {}

    /// Gives out what was counted; what is not written is given out again the next time.
    func write(_ store: ([Refusal]) -> Bool) {
        kept.withLock { kept in
            for var refusal in tally.withLock({ $0.drain() }) {
                let place = Place(time: refusal.time, address: refusal.address)
                refusal.count += kept[place]?.count ?? 0
                kept[place] = refusal
            }
            if kept.count > Self.mostKept {
                for place in kept.keys.sorted(by: { $0.time < $1.time }).prefix(kept.count - Self.mostKept) {
                    kept[place] = nil
                }
            }
            if !kept.isEmpty, store(Array(kept.values)) { kept = [:] }
        }
    }

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
