import FleetModel

struct FleetDraft: Sendable {
    var settings: FleetSettings
    var tokenFile: String?
    /// A token stands in the file itself.
    var holdsToken = false
}

/// The keys under `fleet` in `daemon.yaml`.
enum FleetKeys {
    static let table = KeyTable<FleetDraft>(
        name: "'fleet'",
        keys: [
            .key(
                "enabled", .bool, \.settings.enabled, standard: "false",
                "Serves the HTTP API of this client and reports to a central."),
            .key(
                "client_name", .name, \.settings.clientName, standard: "the host's name",
                "What this client is called in the fleet."),
            .key(
                "api_host", .host, \.settings.apiHost, standard: "0.0.0.0",
                "Address the API listens on. Without a token only a loopback address is bound."),
            .key("api_port", .listeningPort, \.settings.apiPort, standard: "9100", "Port the API listens on."),
            .optional(
                "central_api_url", .serverURL, \.settings.centralAPIURL, standard: "none",
                "Where the central is; without it no heartbeats are sent."),
            .key(
                "heartbeat_interval_seconds", .seconds, \.settings.heartbeatInterval, standard: "30.0",
                "Time between two heartbeats; a change on this client is reported at once anyway."),
            .optional(
                "api_token", .token, \.settings.apiToken, standard: "none",
                "Token that the API asks for and that is sent with heartbeats."),
            .optional(
                "api_token_file", .path, \.tokenFile, standard: "none",
                "File that holds the token, in place of `api_token`."),
            .optional(
                "advertise_host", .host, \.settings.advertiseHost, standard: "found out by the central",
                "Address under which the central reaches this client."),
            .key(
                "install_dir", .path, \.settings.installDir, standard: "the parent of the configuration directory",
                "Where releases lie."),
            .key(
                "anonymous", .word(AnonymousAccess.self), \.settings.anonymous, standard: "none",
                "What a request without a token may do."),
            .key(
                "allow_unauthenticated", .bool, \.settings.allowUnauthenticated, standard: "false",
                "Allows the API to be reached from other hosts without any token configured."),
        ], check: check)

    @Sendable
    private static func check(_ present: PresentKeys, _ draft: inout FleetDraft, _ log: inout IssueLog) {
        let token = TokenRule.resolve(present, key: "api_token", file: draft.tokenFile, log: &log)
        if let token { draft.settings.apiToken = token }
        draft.holdsToken = present.contains("api_token")
        if draft.settings.clientName.isEmpty, draft.settings.enabled, !present.contains("client_name") {
            log.report(
                "the name of this host cannot be that of a client; set 'client_name'", at: present.section)
        }
    }
}
