/// What differs between two releases, by name: files, or workloads.
package struct ReleaseDifference: Codable, Hashable, Sendable {
    /// Of each kind that are named.
    package static let most = 20

    package var added: [String] = []
    package var changed: [String] = []
    package var removed: [String] = []
    /// How many are not named.
    package var more = 0

    package init<Value: Equatable>(from before: [String: Value], to after: [String: Value]) {
        added = after.keys.filter { before[$0] == nil }.sorted()
        changed = after.keys.filter { key in before[key].map { $0 != after[key] } ?? false }.sorted()
        removed = before.keys.filter { after[$0] == nil }.sorted()
        let lists: [WritableKeyPath<ReleaseDifference, [String]>] = [\.added, \.changed, \.removed]
        for names in lists {
            more += max(0, self[keyPath: names].count - Self.most)
            self[keyPath: names] = Array(self[keyPath: names].prefix(Self.most))
        }
    }

    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }

    /// `added 'a', 'b'; changed 'c'; and 12 more`, with at most so many of each kind; nil where nothing differs.
    package func words(naming most: Int) -> String? {
        let kinds = [("added", added), ("changed", changed), ("removed", removed)]
        let named = kinds.filter { !$0.1.isEmpty }.map { kind, names in
            kind + " " + names.prefix(most).map { "'\($0.isEmpty ? "." : $0)'" }.joined(separator: ", ")
        }
        guard !named.isEmpty else { return nil }
        let unnamed = more + kinds.reduce(0) { $0 + max(0, $1.1.count - most) }
        return (named + (unnamed > 0 ? ["and \(unnamed) more"] : [])).joined(separator: "; ")
    }
}

/// What a deployment would do to a client; in the plan of a dry run alone.
package struct ClientPlan: Codable, Hashable, Sendable {
    /// It is known to have this very release in use.
    package var hasItAlready: Bool
    /// Nil where the release that it has in use is not on the control host any more, or not known.
    package var files: ReleaseDifference?
    package var workloads: ReleaseDifference?

    package init(hasItAlready: Bool, files: ReleaseDifference? = nil, workloads: ReleaseDifference? = nil) {
        self.hasItAlready = hasItAlready
        self.files = files
        self.workloads = workloads
    }

    enum CodingKeys: String, CodingKey {
        case files, workloads
        case hasItAlready = "has_it_already"
    }

    /// As a remark on the client.
    package var words: String {
        if hasItAlready { return "has it already" }
        guard let files, let workloads else { return "what differs is not known: the release it has is not here" }
        let parts = [
            workloads.words(naming: 5).map { "workloads \($0)" }, files.words(naming: 2).map { "files \($0)" },
        ]
        return parts.contains { $0 != nil } ? parts.compactMap(\.self).joined(separator: ". ") : "nothing differs"
    }
}
