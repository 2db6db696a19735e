import FleetModel

/// Who asks, and what they may do.
package struct Principal: Hashable, Sendable {
    /// For the audit: `api_token`, the name of a token, `anonymous`, `socket`.
    package var name: String
    package var scopes: Set<TokenScope>
    /// The one client that a `heartbeat` token may report for.
    package var client: String?
    /// False for whoever showed no token.
    package var isAuthenticated: Bool

    package init(name: String, scopes: Set<TokenScope>, client: String? = nil, isAuthenticated: Bool = true) {
        self.name = name
        self.scopes = scopes
        self.client = client
        self.isAuthenticated = isAuthenticated
    }

    /// Whoever shows the token that allows everything.
    package static let apiToken = Principal(name: ReservedName.apiToken, scopes: Set(TokenScope.allCases))
    package static let anonymous = Principal(name: ReservedName.anonymous, scopes: [], isAuthenticated: false)
    package static let localSocket = Principal(name: ReservedName.socket, scopes: Set(TokenScope.allCases))

    /// Shows the token that allows everything, and no name that was given to another one.
    package var isMaster: Bool { isAuthenticated && name == ReservedName.apiToken }

    package func may(_ scope: TokenScope) -> Bool { scopes.contains { $0.includes(scope) } }
}
