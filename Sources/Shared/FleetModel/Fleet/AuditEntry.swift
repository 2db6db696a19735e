/// Who did what to whom, when, with what result.
package struct AuditEntry: Codable, Hashable, Sendable {
    package var time: Timestamp
    /// Name of the token, or one of `ReservedName`.
    package var who: String
    /// Where the request came from.
    package var address: String?
    /// `start`, `reload`, `forget`, `login`, …
    package var action: String
    /// `client` or `client/workload`.
    package var target: String
    /// `ok`, or the reason why not.
    package var result: String

    package init(time: Timestamp, who: String, address: String?, action: String, target: String, result: String) {
        self.time = time
        self.who = who
        self.address = address
        self.action = action
        self.target = target
        self.result = result
    }
}
