import FleetHTTP
import Glibc

/// Which of the two sockets a host may have is meant where nobody names one.
enum SocketChoice: Equatable {
    /// Of a daemon that runs as the service; only root makes that folder.
    static let ofService = "/run/master-control/master_control.sock"
    /// Of a daemon that somebody has started by hand. The folder is open to all, so whose the socket is must be looked at.
    static let byHand = "/tmp/master_control.sock"

    case use(String)
    /// Why none is, with what to do.
    case refuse(String)

    /// - Parameter user: who asks.
    init(service: SocketLook, hand: SocketLook, user: uid_t) {
        let isTrusted = hand.owner == user || hand.owner == 0
        switch (service.kind, hand.kind) {
        case (.answering, .answering) where isTrusted:
            self = .refuse(
                "two daemons run here: the service's at '\(service.path)', and one at '\(hand.path)'; "
                    + "say with --socket-path which one you mean")
        case (.answering, _): self = .use(service.path)
        case (_, .answering) where isTrusted: self = .use(hand.path)
        // There is one, and what is said of it then is whose it is.
        case (.closed, _): self = .use(service.path)
        case (_, .closed) where isTrusted: self = .use(hand.path)
        case (_, .answering), (_, .closed):
            self = .refuse(
                "the daemon at '\(hand.path)' is not yours: it belongs to \(SocketLook.name(of: hand.owner)); "
                    + "if that is the one you mean, name it with --socket-path")
        default:
            self = .refuse(
                "no daemon answers at '\(hand.path)' nor at '\(service.path)'; start one with 'master-control up', "
                    + "or give its --socket-path")
        }
    }

    /// As this host is now.
    static var here: SocketChoice {
        SocketChoice(service: SocketLook(at: ofService), hand: SocketLook(at: byHand), user: geteuid())
    }
}
