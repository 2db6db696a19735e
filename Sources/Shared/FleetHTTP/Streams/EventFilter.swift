/// What of a log a reader wants; all of it where nothing is said.
package struct EventFilter: Hashable, Sendable {
    /// Names of events.
    package var kinds: Set<String>?
    /// Only what is about this one.
    package var subject: String?

    package init(kinds: Set<String>? = nil, subject: String? = nil) {
        self.kinds = kinds
        self.subject = subject
    }

    func admits(_ kind: String, about other: String?) -> Bool {
        (kinds?.contains(kind) ?? true) && (subject == nil || subject == other)
    }
}
