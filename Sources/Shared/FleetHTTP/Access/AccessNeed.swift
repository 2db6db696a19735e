/// What a route asks of whoever calls it.
package enum AccessNeed: Hashable, Sendable {
    /// Nothing: `GET /api/health`, the form to log in.
    case open
    /// Status JSON, events, pages and metrics.
    case status
    /// Logs and the output of deployments.
    case read
    /// Start, stop, restart, reload.
    case operate
    /// Deployments and releases.
    case deploy
    /// `POST /api/heartbeat`; which client the token may report for is compared once the name is known.
    case heartbeat
    /// The audit: for whoever may read and has a token, never for an anonymous reader.
    case audit
    /// Offered on the Unix socket alone.
    case localSocket

    /// True where something is changed.
    package var isMutation: Bool {
        switch self {
        case .operate, .deploy, .heartbeat, .localSocket: true
        case .open, .status, .read, .audit: false
        }
    }
}
