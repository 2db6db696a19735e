import FleetModel

struct InventoryDraft: Sendable {
    var defaults = InventoryClient(name: "", host: "")
    var clientNodes: [ConfigNode] = []
    var vars: [String: String] = [:]
    /// In the order of the file.
    var clients: [Located<InventoryClient>] = []
}

/// The keys of `inventory.yaml` and of one client in it.
enum InventoryKeys {
    static let table = KeyTable<InventoryDraft>(
        name: "inventory.yaml",
        keys: [
            .section("defaults", defaults, \.defaults, "What holds for each client that does not say otherwise."),
            ConfigKey(name: "clients", kind: "list of mappings", standard: "none", help: "The clients.") {
                node, draft, log in
                draft.clientNodes = node.elements(of: "'clients'", atMost: 10_000, log: &log)
            },
            .key("vars", .variables, \.vars, standard: "none", "Values for `{{ name }}` in this file."),
        ], check: check)

    /// Every key of a client but the two that are its own.
    static let defaults = KeyTable<InventoryClient>(name: "'defaults'", keys: shared) { present, client, log in
        readToken(present, &client, &log)
    }

    static let client = KeyTable<InventoryClient>(name: "a client", keys: own + shared) { present, client, log in
        readToken(present, &client, &log)
        for name in ["name", "host"] where !present.contains(name) {
            log.report("a client needs '\(name)'", at: present.section)
        }
    }

    /// What a client says of its token takes the place of all that the defaults say of theirs.
    private static func readToken(_ present: PresentKeys, _ client: inout InventoryClient, _ log: inout IssueLog) {
        if present.contains("api_token_file") {
            client.apiToken = TokenRule.resolve(present, key: "api_token", file: client.apiTokenFile, log: &log)
        } else if present.contains("api_token") {
            client.apiTokenFile = nil
        }
    }

    private static let own: [ConfigKey<InventoryClient>] = [
        .key("name", .name, \.name, "What the client is called, as its `client_name` says; required."),
        .key("host", .host, \.host, "Where it is reached; required."),
    ]

    private static let shared: [ConfigKey<InventoryClient>] = [
        .key("api_port", .port, \.apiPort, standard: "9100", "Port of its API."),
        .optional("ssh_user", .user, \.sshUser, standard: "ssh's own", "User to log in as."),
        .key("ssh_port", .port, \.sshPort, standard: "22", "Port of its ssh server."),
        .optional("ssh_key", .pathArgument, \.sshKey, standard: "ssh's own", "File with the private key."),
        .optional(
            "install_dir", .remotePath, \.installDir, standard: "that of the deploy script",
            "Where releases lie on the client."),
        .key(
            "workloads", .list("list of names or files", of: .nameOrFile, atMost: 1000), \.workloads, standard: "none",
            "Workloads the client is for; for the reader only."),
        ConfigKey(
            name: "env", kind: ValueKind<[String: String]>.environment.label, standard: "none",
            help: "Variables for the deploy script; those of a client come on top of the defaults."
        ) { node, client, log in
            if let added = ValueKind.environment.value(of: node, key: "env", log: &log) {
                client.env.merge(added) { _, new in new }
            }
        },
        .key("tags", .tags, \.tags, standard: "none", "Words to find the client by."),
        .optional(
            "api_token", .token, \.apiToken, standard: "the central's own", "Token the central sends to the client."),
        .optional(
            "api_token_file", .path, \.apiTokenFile, standard: "none",
            "File that holds the token, in place of `api_token`."),
    ]

    /// Clients are read last, wherever they stand, since the defaults come before them.
    @Sendable
    private static func check(_ present: PresentKeys, _ draft: inout InventoryDraft, _ log: inout IssueLog) {
        var lines: [String: Int] = [:]
        var addresses: [String: String] = [:]
        for node in draft.clientNodes {
            let issuesBefore = log.issues.count
            var entry = draft.defaults
            client.read(node, into: &entry, log: &log)
            if let line = lines[entry.name] {
                log.report("the client '\(entry.name)' is in line \(line) already", at: node.position)
            } else if !entry.name.isEmpty {
                lines[entry.name] = log.map.original(node.position).line
            }
            guard log.issues.count == issuesBefore else { continue }
            // A command for the one would reach the other.
            let address = "\(entry.host.lowercased()):\(entry.apiPort)"
            if let other = addresses.updateValue(entry.name, forKey: address) {
                log.report("the clients '\(other)' and '\(entry.name)' have one address, \(address)", at: node.position)
                continue
            }
            draft.clients.append(Located(value: entry, position: node.position))
        }
    }
}
