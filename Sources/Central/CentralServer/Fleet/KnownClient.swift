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
    /// The report was shown with the central's own `api_token`: whoever sent it has that token, so that the address it
    /// names may be shown it. A token that is bound to one client opens no way to the one that opens everything.
    package var showedAPIToken: Bool
    /// The client's clock less ours, seconds.
    package var clockSkew: Double

    package init(
        heartbeat: Heartbeat, text: ByteBuffer, lastSeen: Timestamp, peer: String?, showedAPIToken: Bool,
        clockSkew: Double
    ) {
        self.heartbeat = heartbeat
        self.text = text
        self.lastSeen = lastSeen
        self.peer = peer
        self.showedAPIToken = showedAPIToken
        self.clockSkew = clockSkew
    }
}
