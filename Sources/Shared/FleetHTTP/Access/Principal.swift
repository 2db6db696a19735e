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

    package static let anonymous = Principal(name: "anonymous", scopes: [], isAuthenticated: false)
    package static let localSocket = Principal(name: "socket", scopes: Set(TokenScope.allCases))

    package func may(_ scope: TokenScope) -> Bool { scopes.contains { $0.includes(scope) } }
}
