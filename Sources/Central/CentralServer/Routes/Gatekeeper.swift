import FleetConfig
import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// Decides for each request who asks and whether they may.
struct Gatekeeper: Sendable {
    /// The rules, which may change.
    let live: LiveSettings
    let sessions: Sessions
    let state: FleetState
    let wrongTokens: WrongTokens
    var policy: AccessPolicy { live.policy }

    func decide(_ need: AccessNeed, _ request: Request, _ context: FleetContext) throws -> Principal {
        let marks = RequestMarks(request, session: session(of: request)?.principal)
        switch policy.decide(need, marks) {
        case .success(let principal): return principal
        case .failure(let refusal): throw wrongTokens.judge(refusal, of: marks, from: context.addressBlock)
        }
    }

    /// Whether the request may read the audit, which is never open to everyone.
    func maySeeAudit(_ request: Request) -> Bool { may(.audit, request) }

    /// Whether the session of the request, or everybody, may do that; a header does not count.
    ///
    /// For what a page offers: pages are shown to those with a wrong token too, and must not tell which one is right.
    func sessionMay(_ need: AccessNeed, _ request: Request) -> Bool {
        var marks = RequestMarks(request, session: session(of: request)?.principal)
        marks.authorization = nil
        if case .success = policy.decide(need, marks) { return true }
        return false
    }

    /// Whether whoever sent this may do that too. Only for requests that `decide` has let through.
    private func may(_ need: AccessNeed, _ request: Request) -> Bool {
        let marks = RequestMarks(request, session: session(of: request)?.principal)
        if case .success = policy.decide(need, marks) { return true }
        return false
    }

    func session(of request: Request) -> Sessions.Session? {
        sessions.session(request.cookies[Sessions.cookie]?.value, now: state.time.monotonic)
    }
}

extension AccessPolicy {
    /// The rules of one central.
    static func central(_ settings: CentralSettings, isLoopbackOnly: Bool) -> AccessPolicy {
        var grants = settings.tokens.map { token in
            TokenGrant(
                token: token.token,
                principal: Principal(name: token.name, scopes: token.scopes, client: token.client))
        }
        if let token = settings.apiToken { grants.append(TokenGrant(apiToken: token)) }
        return AccessPolicy(grants: grants, anonymous: settings.anonymous, isLoopbackOnly: isLoopbackOnly)
    }
}
