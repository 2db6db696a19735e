import FleetModel

/// A token, and whom it stands for.
package struct TokenGrant: Hashable, Sendable {
    package var token: String
    package var principal: Principal

    package init(token: String, principal: Principal) {
        self.token = token
        self.principal = principal
    }

    /// The one that allows everything.
    package init(apiToken: String) {
        self.init(
            token: apiToken, principal: Principal(name: "api_token", scopes: Set(TokenScope.allCases)))
    }
}
