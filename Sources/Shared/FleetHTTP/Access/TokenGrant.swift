import FleetModel

/// A token, as a hash, and whom it stands for.
package struct TokenGrant: Hashable, Sendable {
    /// Nil matches nothing.
    package var token: TokenHash?
    package var principal: Principal

    package init(token: TokenHash?, principal: Principal) {
        self.token = token
        self.principal = principal
    }

    package init(token: String, principal: Principal) { self.init(token: TokenHash(of: token), principal: principal) }

    /// The one that allows everything.
    package init(apiToken: String) { self.init(token: apiToken, principal: .apiToken) }
}
