import FleetModel
import NIOCore

/// What the central knows of one client: its last report, and how far that may be trusted.
package struct KnownClient: Hashable, Sendable {
    package var heartbeat: Heartbeat
    /// The report as it came, which is what is stored; empty once it was.
    package var text: ByteBuffer
    /// By the central's clock.
    package var lastSeen: Timestamp
    /// Where the report came from; nil where that was no network address.
    package var peer: String?
    /// The report was authenticated: a token may be shown to the address it names.
    package var isAuthenticated: Bool
    /// The client's clock less ours, seconds.
    package var clockSkew: Double

    package init(
        heartbeat: Heartbeat, text: ByteBuffer, lastSeen: Timestamp, peer: String?, isAuthenticated: Bool,
        clockSkew: Double
    ) {
        self.heartbeat = heartbeat
        self.text = text
        self.lastSeen = lastSeen
        self.peer = peer
        self.isAuthenticated = isAuthenticated
        self.clockSkew = clockSkew
    }

    /// An old report, overtaken by a newer one on the way: `sequence` counts within a `boot_id`.
    func isNewer(than other: Heartbeat) -> Bool {
        guard let mine = heartbeat.bootID, mine == other.bootID, let my = heartbeat.sequence, let its = other.sequence
        else { return false }
        return my >= its
    }
}
