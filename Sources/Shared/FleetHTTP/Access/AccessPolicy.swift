import FleetModel
import HTTPTypes

/// Who may do what: the rules of the wire contract, "Auth". Pure: the same question always has the same answer.
package struct AccessPolicy: Sendable {
    private let ring: TokenRing
    private let anonymous: AnonymousAccess
    private let isLoopbackOnly: Bool

    /// - Parameter isLoopbackOnly: the server is bound to a loopback address for want of a token.
    package init(grants: [TokenGrant], anonymous: AnonymousAccess, isLoopbackOnly: Bool = false) {
        ring = TokenRing(grants)
        self.anonymous = anonymous
        self.isLoopbackOnly = isLoopbackOnly
    }

    /// True where any token is configured.
    package var hasTokens: Bool { !ring.isEmpty }

    /// Whom a token stands for; nil where it is none of ours.
    package func principal(ofToken token: String) -> Principal? { ring.principal(of: token) }

    package func decide(_ need: AccessNeed, _ marks: RequestMarks) -> Result<Principal, APIError> {
        if let refusal = rebindingRefusal(marks) { return .failure(refusal) }
        if marks.isMutation, marks.isCrossSite {
            // A proxy that passes on another name makes our own page look like another site's.
            let proxy = "; if this is our own page, its proxy must pass on 'Host', or be in central.trusted_proxies"
            return .failure(
                APIError(
                    .forbidden,
                    "a page of another site may not change anything here" + (marks.fetchSite == nil ? proxy : "")))
        }
        // A cookie comes along by itself: that the request is of one of our pages must be said by the browser.
        if marks.isMutation, need != .open, marks.authorization == nil, marks.session != nil, !marks.isFromOwnPage {
            return .failure(
                APIError(
                    .forbidden,
                    "a login changes something only from its own pages: send 'Authorization: Bearer <token>' instead"))
        }
        if need == .localSocket {
            return .failure(.notFound("this is offered on the daemon's Unix socket only"))
        }
        guard hasTokens else {
            return .success(
                Principal(name: Principal.anonymous.name, scopes: Set(TokenScope.allCases), isAuthenticated: false))
        }
        if need == .open { return .success(known(marks) ?? .anonymous) }
        if marks.authorization != nil, known(marks) == nil {
            return .failure(
                APIError(
                    .unauthorized, "the token is not known here: check the header 'Authorization: Bearer <token>'",
                    headers: [.wwwAuthenticate: "Bearer"]))
        }
        let principal = known(marks) ?? .anonymous
        if anonymousMay(need) || self.principal(principal, may: need) { return .success(withAnonymous(principal)) }
        guard principal.isAuthenticated else {
            return .failure(
                APIError(
                    .unauthorized, "this needs a token: send the header 'Authorization: Bearer <token>'",
                    headers: [.wwwAuthenticate: "Bearer"]))
        }
        return .failure(
            APIError(.forbidden, "the token '\(principal.name)' may not do this: it needs the scope '\(scope(need))'"))
    }

    /// Whoever the request says it is from, if we know them: a header goes before a session.
    private func known(_ marks: RequestMarks) -> Principal? {
        guard let authorization = marks.authorization else { return marks.session }
        guard let token = Self.bearer(authorization) else { return nil }
        return ring.principal(of: token)
    }

    /// The token of `Bearer <token>`, in whatever case the word is. On bytes, as it is done for every heartbeat.
    private static func bearer(_ authorization: String) -> String? {
        let bytes = authorization.utf8
        let word = "bearer ".utf8
        guard bytes.count > word.count, zip(bytes, word).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        var token = bytes.dropFirst(word.count)[...]
        while token.first == UInt8(ascii: " ") { token.removeFirst() }
        while token.last == UInt8(ascii: " ") { token.removeLast() }
        return String(token)
    }

    /// Whoever has a token may also do what everyone may.
    private func withAnonymous(_ principal: Principal) -> Principal {
        var principal = principal
        switch anonymous {
        case .operate: principal.scopes.insert(.operate)
        case .read: principal.scopes.insert(.read)
        case .none, .status: break
        }
        return principal
    }

    private func anonymousMay(_ need: AccessNeed) -> Bool {
        switch need {
        case .open: true
        case .status: anonymous != .none
        case .read: anonymous == .read || anonymous == .operate
        case .operate: anonymous == .operate
        case .deploy, .heartbeat, .audit, .localSocket: false
        }
    }

    private func principal(_ principal: Principal, may need: AccessNeed) -> Bool {
        need == .open || principal.may(scope(need))
    }

    private func scope(_ need: AccessNeed) -> TokenScope {
        switch need {
        case .open, .status, .read, .audit: .read
        case .operate, .localSocket: .operate
        case .deploy: .deploy
        case .heartbeat: .heartbeat
        }
    }

    /// A name that another site lets point to this machine makes its page look like one of ours to the browser, which
    /// lets it read all answers then. Who says no host at all is no browser.
    private func rebindingRefusal(_ marks: RequestMarks) -> APIError? {
        guard isLoopbackOnly, let host = marks.host, !LoopbackAddress.isLoopback(authority: host) else { return nil }
        return APIError(
            .misdirectedRequest,
            "without a token this is answered only under 'localhost' or a loopback address, not under that name")
    }
}
