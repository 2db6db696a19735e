/// The keys of one section, in the order of the reference page.
struct KeyTable<Target>: Sendable {
    /// How messages call the section: "in 'fleet'".
    var name: String
    var keys: [ConfigKey<Target>]
    /// Rules that concern more than one key. Runs after all keys were read.
    var check: @Sendable (PresentKeys, inout Target, inout IssueLog) -> Void

    init(
        name: String, keys: [ConfigKey<Target>],
        check: @escaping @Sendable (PresentKeys, inout Target, inout IssueLog) -> Void = { _, _, _ in }
    ) {
        self.name = name
        self.keys = keys
        self.check = check
    }

    /// Sets what the mapping says and reports each key that is unknown or has a wrong value.
    ///
    /// A key without a value counts as not set.
    func read(_ node: ConfigNode, into target: inout Target, log: inout IssueLog) {
        let entries: [ConfigEntry]
        switch node.content {
        case .mapping(let found): entries = found
        default:
            guard node.isNull else {
                log.report("\(name) must be a mapping of keys to values, not \(node.kindName)", at: node.position)
                return
            }
            entries = []
        }
        var present = PresentKeys(section: node.position)
        let byName = Dictionary(keys.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in entries {
            guard let key = byName[entry.key] else {
                reportUnknown(entry, log: &log)
                continue
            }
            guard !entry.value.isNull else { continue }
            present.places[entry.key] = entry
            key.apply(entry.value, &target, &log)
        }
        check(present, &target, &log)
    }

    private func reportUnknown(_ entry: ConfigEntry, log: inout IssueLog) {
        guard !log.isFull else { return }
        let advice =
            nearest(to: entry.key, in: keys.map(\.name)).map { "did you mean '\($0)'?" }
            ?? "the keys of \(name) are \(keys.map(\.name).joined(separator: ", "))"
        log.report("unknown key '\(excerpt(entry.key))'; \(advice)", at: entry.keyPosition)
    }
}

/// Which keys a section sets, and where.
struct PresentKeys {
    /// Where the section begins.
    var section: Position
    fileprivate(set) var places: [String: ConfigEntry] = [:]

    func contains(_ name: String) -> Bool { places[name] != nil }

    /// Where the key stands; the beginning of the section where it does not.
    func position(of name: String) -> Position { places[name]?.keyPosition ?? section }
    /// Where the value stands; the beginning of the section where it does not.
    func valuePosition(of name: String) -> Position { places[name]?.value.position ?? section }
}
