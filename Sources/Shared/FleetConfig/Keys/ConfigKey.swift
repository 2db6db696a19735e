/// One key of a section: everything that is known about it stands here, for reading, checking and the reference page.
struct ConfigKey<Target>: Sendable {
    var name: String
    /// What it accepts, in words.
    var kind: String
    /// What holds where the key is not set; nil where there is nothing to say.
    var standard: String?
    /// One sentence.
    var help: String
    var apply: @Sendable (ConfigNode, inout Target, inout IssueLog) -> Void
}

extension ConfigKey {
    static func key<Value>(
        _ name: String, _ kind: ValueKind<Value>, _ path: any WritableKeyPath<Target, Value> & Sendable,
        standard: String? = nil, _ help: String
    ) -> ConfigKey {
        ConfigKey(name: name, kind: kind.label, standard: standard, help: help) { node, target, log in
            if let value = kind.value(of: node, key: name, log: &log) { target[keyPath: path] = value }
        }
    }

    /// For what is nil where the key is not set.
    static func optional<Value>(
        _ name: String, _ kind: ValueKind<Value>, _ path: any WritableKeyPath<Target, Value?> & Sendable,
        standard: String? = nil, _ help: String
    ) -> ConfigKey {
        ConfigKey(name: name, kind: kind.label, standard: standard, help: help) { node, target, log in
            if let value = kind.value(of: node, key: name, log: &log) { target[keyPath: path] = value }
        }
    }

    /// A mapping with keys of its own, which starts from what the target holds.
    static func section<Section>(
        _ name: String, _ table: KeyTable<Section>, _ path: any WritableKeyPath<Target, Section> & Sendable,
        _ help: String
    ) -> ConfigKey {
        ConfigKey(name: name, kind: "mapping", standard: nil, help: help) { node, target, log in
            table.read(node, into: &target[keyPath: path], log: &log)
        }
    }
}

/// A value and where it stands.
struct Located<Value> {
    var value: Value
    var position: Position
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
