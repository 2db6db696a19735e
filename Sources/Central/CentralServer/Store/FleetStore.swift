import FleetModel
import NIOCore

/// A client as it is stored: its last report as it came, and what the central noted about it.
package struct StoredClient: Hashable, Sendable {
    package var name: String
    package var heartbeat: String
    package var lastSeen: Timestamp
    package var peer: String?
    /// Of the token that allows everything, where the report was shown with it: see `TokenMark`.
    package var tokenMark: String?
    package var clockSkew: Double

    package init(
        name: String, heartbeat: String, lastSeen: Timestamp, peer: String?, tokenMark: String?, clockSkew: Double
    ) {
        self.name = name
        self.heartbeat = heartbeat
        self.lastSeen = lastSeen
        self.peer = peer
        self.tokenMark = tokenMark
        self.clockSkew = clockSkew
    }
}

/// What the central must still know after a restart.
package protocol FleetStore: Sendable {
    func clients() throws -> [StoredClient]
    /// All of them or none; those of the same name are replaced.
    func save(_ clients: [StoredClient]) throws
    /// Both or none, and on the disk when it returns. One that is not there is no error.
    func forget(_ name: String, noting entry: AuditEntry) throws
    /// Beyond `FleetStoreLimits.audit` the oldest is dropped of whoever has the most: nobody pushes out what others did.
    func append(_ entry: AuditEntry) throws
    /// Newest first.
    func audit(limit: Int) throws -> [AuditEntry]
    /// Adds to what is known of the same minute and address. The oldest minutes are dropped beyond
    /// `FleetStoreLimits.refusals`.
    func add(_ refusals: [Refusal]) throws
    /// The newest minute first, in it the most frequent.
    func refusals(limit: Int) throws -> [Refusal]
    /// Takes the place of the one before.
    func save(_ history: StoredHistory) throws
    /// Nil where none was saved.
    func history() throws -> StoredHistory?
}

/// Rows that are kept.
package struct FleetStoreLimits: Hashable, Sendable {
    package var audit = 10_000
    package var refusals = 10_000

    package init() {}
}
