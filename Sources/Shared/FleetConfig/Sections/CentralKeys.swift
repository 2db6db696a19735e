import FleetModel

struct CentralDraft: Sendable {
    var settings = CentralSettings()
    var tokenFile: String?
    var tokens: [Located<NamedToken>] = []
    /// A token stands in the file itself.
    var holdsToken = false
}

/// The keys under `central` in `daemon.yaml`.
enum CentralKeys {
    static let table = KeyTable<CentralDraft>(
        name: "'central'",
        keys: [
            .key(
                "enabled", .bool, \.settings.enabled, standard: "false",
                "Runs the central: the fleet's API and its pages."),
            .key(
                "host", .host, \.settings.host, standard: "0.0.0.0",
                "Address it listens on. Without a token only a loopback address is bound."),
            .key("port", .listeningPort, \.settings.port, standard: "8080", "Port it listens on."),
            .key("db_path", .path, \.settings.dbPath, standard: "./fleet.db", "Database of the fleet."),
            .key(
                "inventory_path", .path, \.settings.inventoryPath, standard: "./inventory.yaml",
                "File that lists the clients."),
            .optional(
                "api_token", .token, \.settings.apiToken, standard: "none",
                "Token that allows everything; also what is sent to clients without one of their own."),
            .optional(
                "api_token_file", .path, \.tokenFile, standard: "none",
                "File that holds the token, in place of `api_token`."),
            tokens,
            .key(
                "anonymous", .word(AnonymousAccess.self), \.settings.anonymous, standard: "status",
                "What a request without a token may do: nothing, read the status, read everything, or operate."),
            .key(
                "stale_threshold_seconds", .seconds, \.settings.staleThreshold, standard: "90.0",
                "Silence after which a client is stale; after twice that it is offline."),
            .optional(
                "deploy_script_path", .pathArgument, \.settings.deployScriptPath, standard: "none",
                "Program that brings a release to a client; without it nothing can be deployed."),
            .key(
                "releases_dir", .path, \.settings.releasesDir, standard: "./releases",
                "Where the releases to be deployed lie."),
            .key(
                "deploy_timeout_seconds", .seconds, \.settings.deployTimeout, standard: "900.0",
                "How long the deploy script may take for one client."),
            .key(
                "allow_unauthenticated", .bool, \.settings.allowUnauthenticated, standard: "false",
                "Allows the central to be reached from other hosts without any token configured."),
            .key(
                "trusted_proxies", .networks, \.settings.trustedProxies, standard: "none",
                "Addresses or networks of the proxies in front: what they say in `X-Forwarded-For`, `-Proto` and "
                    + "`-Host` of whom they speak for is believed, and nobody else is."),
        ], check: check)

    private static let tokens = ConfigKey<CentralDraft>(
        name: "tokens", kind: "list of mappings", standard: "none",
        help: "Named tokens that allow less than everything."
    ) { node, draft, log in
        for element in node.elements(of: "'tokens'", atMost: 10_000, log: &log) {
            var token = TokenDraft()
            TokenKeys.table.read(element, into: &token, log: &log)
            if token.token != nil { draft.holdsToken = true }
            if let finished = token.finished {
                draft.tokens.append(Located(value: finished, position: element.position))
            }
        }
    }

    @Sendable
    private static func check(_ present: PresentKeys, _ draft: inout CentralDraft, _ log: inout IssueLog) {
        let token = TokenRule.resolve(present, key: "api_token", file: draft.tokenFile, log: &log)
        if let token { draft.settings.apiToken = token }
        if present.contains("api_token") { draft.holdsToken = true }
        var names: [String: Position] = [:]
        var values: [TokenHash: String] = [:]
        let master = draft.settings.apiToken.flatMap(TokenHash.init(of:))
        for located in draft.tokens {
            let named = located.value
            if let first = names[named.name] {
                log.report(
                    "the token '\(named.name)' is named in line \(log.map.original(first).line) already",
                    at: located.position)
            }
            names[named.name] = names[named.name] ?? located.position
            if let other = values[named.token], other != named.name {
                log.report("the tokens '\(other)' and '\(named.name)' are the same text", at: located.position)
            }
            values[named.token] = named.name
            if named.token == master {
                log.report("the token '\(named.name)' is the same text as 'api_token'", at: located.position)
            }
        }
        draft.settings.tokens = draft.tokens.map(\.value)
        draft.settings.tokenFiles = [draft.tokenFile].compactMap { $0 } + draft.settings.tokens.compactMap(\.file)
    }
}
