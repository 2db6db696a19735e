/// What a key accepts: how it is called on the reference page and how it is read.
struct ValueKind<Value>: Sendable {
    /// "number above 0"; messages say "must be a" in front of it, so it takes no article of its own.
    var label: String
    /// Never shown in a message.
    var isSecret = false
    /// The value, or why there is none; an empty reason stands for the label.
    var read: @Sendable (ConfigNode) -> Result<Value, Refusal>

    struct Refusal: Error {
        var reason: String?
        /// The place of what is wrong, where that is not the value as a whole.
        var position: Position?

        /// The label says it all.
        static var kind: Refusal { Refusal() }
        static func because(_ reason: String, at position: Position? = nil) -> Refusal {
            Refusal(reason: reason, position: position)
        }
    }

    init(
        _ label: String, isSecret: Bool = false, read: @escaping @Sendable (ConfigNode) -> Result<Value, Refusal>
    ) {
        self.label = label
        self.isSecret = isSecret
        self.read = read
    }

    /// Reports why there is no value.
    func value(of node: ConfigNode, key: String, log: inout IssueLog) -> Value? {
        switch read(node) {
        case .success(let value): return value
        case .failure(let refusal):
            let position = refusal.position ?? node.position
            if let plain = node.withoutQuotes, case .success = read(plain) {
                log.report("'\(key)' must be \(labelInSentence): remove the quotes around \(shown(node))", at: position)
            } else if let reason = refusal.reason {
                log.report("'\(key)' \(reason)", at: position)
            } else {
                log.report("'\(key)' must be \(labelInSentence), not \(shown(node))", at: position)
            }
            return nil
        }
    }

    /// With its article.
    var labelInSentence: String {
        if label.hasPrefix("one of") || label.hasPrefix("true") { return label }
        return label.first.map { "aeiouAEIOU".contains($0) } == true ? "an \(label)" : "a \(label)"
    }

    /// The value as a message may show it.
    func shown(_ node: ConfigNode) -> String {
        guard !isSecret, let text = node.text else { return node.kindName }
        return "'\(excerpt(text))'"
    }
}
