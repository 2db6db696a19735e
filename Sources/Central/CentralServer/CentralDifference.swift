import FleetConfig
import FleetModel

/// What is not in a central's files as it was before. Pure.
struct CentralDifference: Hashable, Sendable {
    private static let mostNames = 10

    /// A sentence each; none where all is as it was.
    private(set) var sentences: [String] = []
    /// Names of tokens that are gone, or stand for something else now.
    private(set) var invalidTokens: Set<String> = []

    init(
        from old: (settings: CentralSettings, inventory: Inventory),
        to new: (settings: CentralSettings, inventory: Inventory)
    ) {
        compare(
            "inventory", Dictionary(old.inventory.clients.map { ($0.name, $0) }, uniquingKeysWith: { $1 }),
            Dictionary(new.inventory.clients.map { ($0.name, $0) }, uniquingKeysWith: { $1 }))
        func tokens(_ settings: CentralSettings) -> [String: String] {
            var tokens = Dictionary(
                settings.tokens.map { token in
                    (token.name, "\(token.mark) \(token.scopes.map(\.rawValue).sorted()) \(token.client ?? "")")
                }, uniquingKeysWith: { $1 })
            tokens[ReservedName.apiToken] = settings.apiToken
            return tokens
        }
        let (before, after) = (tokens(old.settings), tokens(new.settings))
        compare("tokens", before, after)
        invalidTokens = Set(before.keys.filter { before[$0] != after[$0] })
        let later = Self.takenLater(old.settings, new.settings)
        if !later.isEmpty {
            sentences.append("taken at the next start of the central only: \(later.joined(separator: ", "))")
        }
    }

    private mutating func compare<Value: Equatable>(
        _ what: String, _ old: [String: Value], _ new: [String: Value]
    ) {
        let parts = [
            ("added", new.keys.filter { old[$0] == nil }), ("removed", old.keys.filter { new[$0] == nil }),
            ("changed", new.keys.filter { name in old[name].map { $0 != new[name] } ?? false }),
        ].filter { !$0.1.isEmpty }
        guard !parts.isEmpty else { return }
        let told = parts.map { verb, names in
            let more = names.count > Self.mostNames ? " and \(names.count - Self.mostNames) more" : ""
            return "\(verb) \(names.sorted().prefix(Self.mostNames).joined(separator: ", "))\(more)"
        }
        sentences.append("\(what): \(told.joined(separator: "; "))")
    }

    private static func takenLater(_ old: CentralSettings, _ new: CentralSettings) -> [String] {
        func isSame<Value: Equatable>(_ path: KeyPath<CentralSettings, Value>) -> Bool {
            old[keyPath: path] == new[keyPath: path]
        }
        return [
            ("enabled", isSame(\.enabled)), ("host", isSame(\.host)), ("port", isSame(\.port)),
            ("db_path", isSame(\.dbPath)), ("inventory_path", isSame(\.inventoryPath)),
            ("anonymous", isSame(\.anonymous)), ("stale_threshold_seconds", isSame(\.staleThreshold)),
            ("deploy_script_path", isSame(\.deployScriptPath)), ("releases_dir", isSame(\.releasesDir)),
            ("deploy_timeout_seconds", isSame(\.deployTimeout)),
            ("allow_unauthenticated", isSame(\.allowUnauthenticated)),
        ].filter { !$0.1 }.map { "central.\($0.0)" }
    }
}
