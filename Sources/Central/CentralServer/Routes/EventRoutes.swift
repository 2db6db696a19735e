import FleetHTTP
import FleetModel
import Hummingbird

/// The event stream: all that a console or a page needs, so that neither ever polls.
struct EventRoutes: Sendable {
    static let kinds = ["client", "workload", "workload_removed", "client_removed", "deployment", "audit"]

    let state: FleetState
    let gate: Gatekeeper

    func add(to routes: inout Routes) {
        routes.on(CentralEndpoint.events, needs: .status) { request, context in
            let pause = try request.integer("pause_ms", in: WireLimits.eventPause, default: 5)
            return try .events(
                of: state.events, for: request, in: context, seesGuarded: gate.maySeeAudit(request),
                filter: try Self.filter(request), pause: .milliseconds(pause)
            ) {
                await state.snapshot()
            }
        }
    }

    /// `?events=client,deployment`, `?client=NAME`.
    private static func filter(_ request: Request) throws -> EventFilter {
        var filter = EventFilter()
        if let text = request.uri.queryParameters["events"] {
            let names = text.split(separator: ",").map(String.init)
            guard !names.isEmpty, names.allSatisfy(kinds.contains) else {
                throw APIError.badRequest("'events' must be some of \(kinds.joined(separator: ", "))")
            }
            filter.kinds = Set(names)
        }
        if let name = request.uri.queryParameters["client"] {
            guard Identifier.isName(String(name)) else {
                throw APIError.badRequest("the name of a client is \(Identifier.nameRule)")
            }
            filter.subject = String(name)
        }
        return filter
    }
}
