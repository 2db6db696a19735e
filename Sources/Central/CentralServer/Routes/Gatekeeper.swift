import FleetConfig
import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// Decides for each request who asks and whether they may; refused changes are noted.
struct Gatekeeper: Sendable {
    let policy: AccessPolicy
    let sessions: Sessions
    let state: FleetState

    func decide(_ need: AccessNeed, _ request: Request, _ context: FleetContext) async throws -> Principal {
        let session = session(of: request)
        do {
            return try policy.decide(need, RequestMarks(request, session: session?.principal)).get()
        } catch {
            if need.isMutation, need != .heartbeat {
                await state.note(
                    AuditEntry(
                        time: state.time.wall, who: session?.principal.name ?? Principal.anonymous.name,
                        address: context.peerAddress, action: "\(request.method.rawValue) refused",
                        target: String(request.uri.path.prefix(200)), result: error.detail))
            }
            throw error
        }
    }

    /// Whether the request may read the audit, which is never open to everyone.
    func maySeeAudit(_ request: Request) -> Bool { may(.audit, request) }

    /// Whether whoever sent this may do that too; nothing is noted.
    func may(_ need: AccessNeed, _ request: Request) -> Bool {
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
