import FleetModel

/// Whether what is shown is still so.
enum Link: Sendable {
    case connecting
    case live
    /// Since then, by this host's clock.
    case lost(since: Timestamp, retryAt: Timestamp, reason: String)
    case refused(since: Timestamp, reason: String)

    var isLive: Bool { if case .live = self { true } else { false } }

    /// Since when nothing new has come.
    var lostSince: Timestamp? {
        switch self {
        case .lost(let since, _, _), .refused(let since, _): since
        case .connecting, .live: nil
        }
    }
}
