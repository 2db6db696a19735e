import FleetModel

/// Finds the grant of a token in a time that tells nothing of the tokens there are.
///
/// A thousand clients may each have a token of their own, so that comparing with all of them would cost more than the
/// heartbeat itself. The offered token is therefore looked up by its hash, which nobody outside can choose: it is
/// salted with a random number of this process. What the look-up finds is compared in constant time.
struct TokenRing: Sendable {
    private var principals: [TokenHash: Principal] = [:]

    init(_ grants: [TokenGrant]) {
        for grant in grants {
            if let token = grant.token { principals[token] = grant.principal }
        }
    }

    var isEmpty: Bool { principals.isEmpty }

    func principal(of token: String) -> Principal? { TokenHash(of: token).flatMap { principals[$0] } }
}
