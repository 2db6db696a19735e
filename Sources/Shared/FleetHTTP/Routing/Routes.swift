import FleetModel
import HTTPTypes
import Hummingbird

/// The routes of a server: each an endpoint, what it needs, and what it does.
///
/// Before a handler runs, the right to call it and the names in the path have been checked.
package struct Routes: Sendable {
    package typealias Handler = @Sendable (Request, FleetContext) async throws -> Response
    /// The page in place of a JSON error, for paths outside `/api/`; nil where there is none.
    package typealias ErrorPage = @Sendable (APIError, Request) -> Response?
    /// Decides who asks. Throws `APIError` where the request is refused.
    package typealias Gate = @Sendable (AccessNeed, Request, FleetContext) async throws -> Principal

    /// Told of each answer that is an error, before it is given.
    package typealias OnError = @Sendable (APIError, Request, FleetContext) -> Void

    private struct Served: Sendable {
        var route: Route
        var need: AccessNeed
        var handler: Handler
    }

    private let gate: Gate
    private let errorPage: ErrorPage?
    private let onError: OnError?
    private var routes: [Served] = []
    /// Of a daemon: the client it is. Its answers say so, and what is meant for another one is refused.
    package var clientName: String?
    /// Who is believed in what they say of the requests that they pass on.
    package var proxies = TrustedProxies()

    package init(errorPage: ErrorPage? = nil, onError: OnError? = nil, gate: @escaping Gate) {
        self.gate = gate
        self.errorPage = errorPage
        self.onError = onError
    }

    /// Routes behind a policy alone: the Unix socket may do everything.
    package init(policy: AccessPolicy, wrongTokens: WrongTokens = WrongTokens()) {
        self.init { need, request, context in
            if context.isLocalSocket { return .localSocket }
            let marks = RequestMarks(request)
            switch policy.decide(need, marks) {
            case .success(let principal): return principal
            case .failure(let refusal): throw wrongTokens.judge(refusal, of: marks, from: context.addressBlock)
            }
        }
    }

    package mutating func on<Answer>(
        _ endpoint: Endpoint<Answer>, needs need: AccessNeed, use handler: @escaping Handler
    ) {
        routes.append(Served(route: endpoint.route, need: need, handler: handler))
    }

    func responder() -> RouterResponder<FleetContext> {
        let table = RouteTable(routes.map(\.route))
        let router = Router(context: FleetContext.self, options: .autoGenerateHeadEndpoints)
        router.add(
            middleware: AnswerMiddleware(table: table, errorPage: errorPage, onError: onError, clientName: clientName))
        for served in routes {
            let placeholders = table.placeholders(of: served.route)
            let gate = gate
            router.on(
                RouterPath(stringLiteral: served.route.pattern),
                method: HTTPRequest.Method(served.route.method)
            ) { request, context in
                var context = context
                context.connection?.isAnswering(nil, at: context.addressBlock)
                context.principal = try await gate(served.need, request, context)
                context.connection?.isAnswering(context.principal, at: context.addressBlock)
                if context.principal.isAuthenticated { context.proved(client: context.principal.client) }
                if !placeholders.isEmpty {
                    context.names = try placeholders.map { try PathName.read($0, from: context.parameters) }
                }
                guard served.need != .open, context.connection != nil, !context.isInsider else {
                    return try await served.handler(request, context)
                }
                let asked = context
                return try await withTaskExecutorPreference(LoopExecutor.outsiders) {
                    try await served.handler(request, asked)
                }
            }
        }
        return router.buildResponder()
    }
}

extension HTTPRequest.Method {
    package init(_ method: Route.Method) {
        switch method {
        case .get: self = .get
        case .post: self = .post
        case .delete: self = .delete
        }
    }
}
