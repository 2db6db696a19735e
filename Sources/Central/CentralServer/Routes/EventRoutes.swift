import FleetHTTP
import FleetModel
import Hummingbird

/// The event stream: all that a console or a page needs, so that neither ever polls.
struct EventRoutes: Sendable {
    /// More than operators have windows; what is over would only keep sockets busy.
    static let mostReaders = 1024

    let state: FleetState
    let gate: Gatekeeper

    func add(to routes: inout Routes) {
        routes.on(CentralEndpoint.events, needs: .status) { request, _ in
            guard state.events.counts.readers < Self.mostReaders else {
                throw APIError(
                    .serviceUnavailable, "there are \(Self.mostReaders) readers of the event stream already; close some"
                )
            }
            return .events(of: state.events, for: request, seesGuarded: gate.maySeeAudit(request)) {
                state.snapshot()
            }
        }
    }
}
