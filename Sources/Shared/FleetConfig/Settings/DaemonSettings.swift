import FleetModel

/// `daemon.yaml`: what `master-control up` runs on this host besides its workloads.
package struct DaemonSettings: Hashable, Sendable {
    package var fleet: FleetSettings
    package var central: CentralSettings

    package init(fleet: FleetSettings, central: CentralSettings) {
        self.fleet = fleet
        self.central = central
    }
}

/// The `fleet:` section: the client's own API and its reports to a central. Times in seconds.
package struct FleetSettings: Hashable, Sendable {
    package var enabled = false
    /// Default: the host's name.
    package var clientName: String
    package var apiHost = "0.0.0.0"
    package var apiPort = 9100
    package var centralAPIURL: String?
    package var heartbeatInterval = 30.0
    /// From `api_token` or read from `api_token_file`.
    package var apiToken: String?
    package var advertiseHost: String?
    /// Where releases lie; default: the parent of the configuration directory.
    package var installDir: String
    package var anonymous: AnonymousAccess = .none
    package var allowUnauthenticated = false

    package init(clientName: String, installDir: String) {
        self.clientName = clientName
        self.installDir = installDir
    }
}

/// The `central:` section. Times in seconds.
package struct CentralSettings: Hashable, Sendable {
    package var enabled = false
    package var host = "0.0.0.0"
    package var port = 8080
    package var dbPath = "./fleet.db"
    package var inventoryPath = "./inventory.yaml"
    package var apiToken: String?
    package var tokens: [NamedToken] = []
    /// Files that tokens were read from.
    package var tokenFiles: [String] = []
    package var anonymous: AnonymousAccess = .status
    package var staleThreshold = 90.0
    package var deployScriptPath: String?
    package var releasesDir = "./releases"
    package var deployTimeout = 900.0
    package var allowUnauthenticated = false
    /// Who is believed in what they say of the requests that they pass on.
    package var trustedProxies: [AddressNetwork] = []

    package init() {}
}

/// One of `central.tokens`. The token itself is not kept: the central never shows it to anybody.
package struct NamedToken: Hashable, Sendable {
    package var name: String
    package var token: TokenHash
    /// Tells one from the next that has its name.
    package var mark: String
    package var scopes: Set<TokenScope>
    /// The one client a `heartbeat` token may report for.
    package var client: String?
    /// Where it was read from, if not from `daemon.yaml` itself.
    package var file: String?

    /// Nil where the token is empty.
    package init?(name: String, token: String, scopes: Set<TokenScope>, client: String? = nil) {
        guard let hash = TokenHash(of: token) else { return nil }
        self.name = name
        self.token = hash
        mark = TokenMark.text(of: token, shownBy: name)
        self.scopes = scopes
        self.client = client
    }
}
