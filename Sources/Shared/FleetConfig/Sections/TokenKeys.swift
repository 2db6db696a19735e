import FleetModel

struct TokenDraft: Sendable {
    var name = ""
    var token: String?
    var tokenFile: String?
    var scopes: [TokenScope] = []
    var client: String?
    /// Once the keys have passed their check.
    var finished: NamedToken?
}

/// The keys of one of `central.tokens`.
enum TokenKeys {
    static let table = KeyTable<TokenDraft>(
        name: "a token",
        keys: [
            .key("name", .name, \.name, "What the token is called, in the audit for example; required."),
            .optional("token", .token, \.token, "The token itself; either this or `token_file`."),
            .optional("token_file", .path, \.tokenFile, "File that holds it."),
            .key(
                "scopes",
                .list(
                    "list of \(TokenScope.allCases.map(\.rawValue).joined(separator: ", "))",
                    of: .word(TokenScope.self), atMost: 10, atLeast: 1),
                \.scopes,
                "What it allows; `operate` includes `read`, `deploy` includes `operate`. Required."),
            .optional(
                "client", .name, \.client, "The one client it may report for; required with the scope `heartbeat`."),
        ], check: check)

    @Sendable
    private static func check(_ present: PresentKeys, _ draft: inout TokenDraft, _ log: inout IssueLog) {
        for name in ["name", "scopes"] where !present.contains(name) {
            log.report("a token needs '\(name)'", at: present.section)
        }
        if !present.contains("token"), !present.contains("token_file") {
            log.report("a token needs 'token' or 'token_file'", at: present.section)
        }
        if draft.scopes.contains(.heartbeat), !present.contains("client") {
            log.report(
                "the scope 'heartbeat' needs the 'client' the token reports for",
                at: present.valuePosition(of: "scopes"))
        }
        if present.contains("client"), !draft.scopes.isEmpty, !draft.scopes.contains(.heartbeat) {
            log.report("'client' is only for the scope 'heartbeat'", at: present.position(of: "client"))
        }
        let read = TokenRule.resolve(present, key: "token", file: draft.tokenFile, log: &log)
        if ReservedName.all.contains(draft.name) {
            log.report(
                "the name '\(draft.name)' stands for something else in the audit; give the token another one",
                at: present.valuePosition(of: "name"))
        }
        guard let token = read ?? draft.token, !draft.name.isEmpty else { return }
        draft.finished = NamedToken(
            name: draft.name, token: token, scopes: Set(draft.scopes), client: draft.client)
        draft.finished?.file = draft.tokenFile
    }
}
