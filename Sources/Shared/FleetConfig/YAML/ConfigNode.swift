import FleetModel

/// A value of a configuration file with its place. What a plain word means is for the key that holds it to say.
struct ConfigNode: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// `isPlain`: written without quotes, so that it may be meant as a number, a truth value or nothing.
        case scalar(String, isPlain: Bool)
        case list([ConfigNode])
        case mapping([ConfigEntry])
    }

    var content: Content
    var position: Position
}

struct ConfigEntry: Hashable, Sendable {
    var key: String
    var keyPosition: Position
    var value: ConfigNode
}

extension ConfigNode {
    /// True for nothing at all, `~` and `null`.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A scalar as it is written, so that `version: 1.30` stays "1.30"; nil for nothing and for what is no scalar.
    var text: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }

    /// A text in quotes as it would be without them; nil where there are none.
    var withoutQuotes: ConfigNode? {
        guard case .scalar(let text, isPlain: false) = content else { return nil }
        return ConfigNode(content: .scalar(text, isPlain: true), position: position)
    }

    var plainText: String? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        return text
    }

    /// Accepts the words of YAML 1.1 too, since only a truth value can be meant where one is wanted.
    var bool: Bool? {
        switch plainText?.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    var integer: Int64? {
        guard let text = plainText else { return nil }
        if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0o") { return Int64(text.dropFirst(2), radix: 8) }
        return Int64(text)
    }

    /// Finite numbers only.
    var number: Double? {
        if let integer { return Double(integer) }
        guard let text = plainText, let first = text.utf8.first,
            "+-.0123456789".utf8.contains(first),
            text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    /// What stands here, in words.
    var kindName: String {
        switch content {
        case .list: "a list"
        case .mapping: "a mapping"
        case .scalar(_, isPlain: false): "a text"
        case .scalar: isNull ? "nothing" : number != nil ? "a number" : bool != nil ? "a truth value" : "a text"
        }
    }

    /// As JSON, by the core schema of YAML 1.2: `true` and `false` alone are truth values.
    var json: JSONValue {
        switch content {
        case .list(let values): return .array(values.map(\.json))
        case .mapping(let entries):
            return .object(Dictionary(entries.map { ($0.key, $0.value.json) }, uniquingKeysWith: { first, _ in first }))
        case .scalar(let text, let isPlain):
            guard isPlain else { return .string(text) }
            if isNull { return .null }
            if ["true", "True", "TRUE"].contains(text) { return .bool(true) }
            if ["false", "False", "FALSE"].contains(text) { return .bool(false) }
            if let integer { return .integer(integer) }
            if let number { return .number(number) }
            return .string(text)
        }
    }
}
