import FleetHTTP
import FleetModel
import Synchronization

/// Who has logged in with a browser. In memory alone: a restart of the central asks for the token again.
package final class Sessions: Sendable {
    package struct Session: Hashable, Sendable {
        package var principal: Principal
        /// Carried by each form, so that only our own pages can send one.
        package var formToken: String
        var expires: Double
    }

    static let cookie = "mctl_session"
    static let lifetime = 12.0 * 3600
    private static let most = 10_000
    private static let mostOfOne = 100

    private struct State {
        var sessions: [String: Session] = [:]
    }

    private let state = Mutex(State())
    /// Of forms for those who need not log in.
    let openFormToken = randomText()

    package init() {}

    /// - Returns: the text of the cookie.
    func begin(_ principal: Principal, now: Double) -> String {
        let id = randomText()
        state.withLock { state in
            state.sessions = state.sessions.filter { $0.value.expires > now }
            // Of one's own the oldest goes, so that nobody's logins end those of others.
            let own = state.sessions.filter { $0.value.principal.name == principal.name }
            let crowd = own.count >= Self.mostOfOne ? own : state.sessions.count >= Self.most ? state.sessions : [:]
            if let oldest = crowd.min(by: { $0.value.expires < $1.value.expires }) {
                state.sessions[oldest.key] = nil
            }
            state.sessions[id] = Session(
                principal: principal, formToken: randomText(), expires: now + Self.lifetime)
        }
        return id
    }

    func session(_ id: String?, now: Double) -> Session? {
        guard let id else { return nil }
        return state.withLock { state in state.sessions[id].flatMap { $0.expires > now ? $0 : nil } }
    }

    /// Of those whose token is none any more.
    func end(_ isInvalid: (Principal) -> Bool) {
        state.withLock { state in state.sessions = state.sessions.filter { !isInvalid($0.value.principal) } }
    }

    func end(_ id: String?) {
        guard let id else { return }
        state.withLock { $0.sessions[id] = nil }
    }
}

/// 256 bits from the system.
private func randomText() -> String {
    (0..<4).map { _ in
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
}
