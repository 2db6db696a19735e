import HTTPTypes
import NIOCore
import Synchronization

/// Answers whoever shows a wrong token: 401, and after too many from one address, or from all around it, 429.
package final class WrongTokens: Sendable {
    private let table = Mutex(WrongTokenTable())
    private let now: @Sendable () -> Double

    /// - Parameter now: seconds of a clock that never goes back.
    package init(now: @escaping @Sendable () -> Double = { Double(NIODeadline.now().uptimeNanoseconds) / 1e9 }) {
        self.now = now
    }

    /// - Parameter usual: what is answered where there were not too many.
    package func note(from address: AddressBlock, usual: APIError) -> APIError {
        switch table.withLock({ $0.wrong(from: address, now: now()) }) {
        case .tell: return usual
        case .tellAndClose:
            var usual = usual
            usual.closesConnection = true
            return usual
        case .refuse(let block, let seconds):
            // The connection goes with it: each further guess costs one.
            return APIError(
                .tooManyRequests,
                "there were too many wrong tokens from \(block); wait \(seconds) s, or send the right one",
                headers: [.retryAfter: "\(seconds)"], closesConnection: true)
        }
    }

    /// The refusal of a request, as it is to be answered: nothing changes but for a token that is none of ours.
    package func judge(_ refusal: APIError, of marks: RequestMarks, from address: AddressBlock) -> APIError {
        guard refusal.status == .unauthorized, marks.authorization != nil else { return refusal }
        return note(from: address, usual: refusal)
    }
}
