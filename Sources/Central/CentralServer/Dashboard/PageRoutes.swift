import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages, and what their forms do.
struct PageRoutes: Sendable {
    /// Seconds after which a page looks again; the live dashboard will not need that.
    private static let refresh = 5
    private static let formLimit = 16 * 1024

    let pages: Pages
    let gate: Gatekeeper
    let state: FleetState
    let commands: CentralRoutes

    func add(to routes: inout Routes) {
        routes.on(PageEndpoint.style, needs: .open) { _, _ in Pages.style }
        routes.on(PageEndpoint.loginForm, needs: .open) { request, context in
            pages.page("login", title: "Log in", values: [:], viewer: viewer(request, context.principal))
        }
        routes.on(CentralEndpoint.login, needs: .open) { request, context in try await logIn(request, context) }
        routes.on(PageEndpoint.logout, needs: .open) { request, context in
            _ = try await form(request)
            gate.sessions.end(request.cookies[Sessions.cookie]?.value)
            return Self.redirect(to: "/", cookie: "")
        }
        routes.on(PageEndpoint.fleet, needs: .status) { request, context in
            let clients = state.ask { $0.overviews(at: $1) }
            let values = PageValues.fleet(
                clients, now: state.time.wall, here: request.head.authority ?? "control-host:8080")
            return pages.page(
                "fleet", title: "Fleet", values: values, viewer: viewer(request, context.principal),
                refresh: Self.refresh)
        }
        routes.on(PageEndpoint.client, needs: .status) { request, context in
            try clientPage(context.names[0], request, context, message: nil)
        }
        routes.on(PageEndpoint.act, needs: .operate) { request, context in try await act(request, context) }
    }

    // MARK: - Logging in

    private func logIn(_ request: Request, _ context: FleetContext) async throws -> Response {
        let now = state.time
        let viewer = viewer(request, context.principal)
        guard gate.sessions.mayTry(now: now.monotonic) else {
            return pages.page(
                "login", title: "Log in",
                values: ["message": "There were too many wrong tokens; wait a minute and try again."],
                viewer: viewer, status: .tooManyRequests)
        }
        let token = try await form(request, checked: false)["token"] ?? ""
        guard let principal = gate.policy.principal(ofToken: token) else {
            gate.sessions.noteFailure(now: now.monotonic)
            await note(context, who: Principal.anonymous.name, "login", "refused")
            return pages.page(
                "login", title: "Log in", values: ["message": "This token is not known here."], viewer: viewer,
                status: .unauthorized)
        }
        await note(context, who: principal.name, "login", "ok")
        return Self.redirect(to: "/", cookie: gate.sessions.begin(principal, now: now.monotonic))
    }

    private func note(_ context: FleetContext, who: String, _ action: String, _ result: String) async {
        await state.note(
            AuditEntry(
                time: state.time.wall, who: who, address: context.peerAddress, action: action, target: "dashboard",
                result: result))
    }

    private static func redirect(to path: String, cookie: String?) -> Response {
        var headers: HTTPFields = [.location: path]
        if let cookie {
            let age = cookie.isEmpty ? 0 : Int(Sessions.lifetime)
            headers[.setCookie] =
                "\(Sessions.cookie)=\(cookie); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(age)"
        }
        return Response(status: .seeOther, headers: headers, body: ResponseBody())
    }

    private func viewer(_ request: Request, _ principal: Principal) -> Pages.Viewer {
        let session = gate.session(of: request)
        return Pages.Viewer(
            name: session?.principal.name, formToken: session?.formToken ?? gate.sessions.openFormToken,
            mayOperate: (session?.principal ?? principal).may(.operate), hasLogin: gate.policy.hasTokens)
    }

    // MARK: - Forms

    /// The fields of a form of ours.
    /// - Throws: `APIError` 403 where it is none.
    private func form(_ request: Request, checked: Bool = true) async throws -> [String: String] {
        let body = try await request.wholeBody(upTo: Self.formLimit)
        var fields: [String: String] = [:]
        for part in String(buffer: body).split(separator: "&").prefix(20) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let value = FormText.decoded(pair[1]) else { continue }
            fields[String(pair[0])] = value
        }
        guard checked else { return fields }
        let wanted = gate.session(of: request)?.formToken ?? gate.sessions.openFormToken
        guard fields["form_token"] == wanted else {
            throw APIError(.forbidden, "this form is out of date: load the page again and repeat what you did")
        }
        return fields
    }

    private func act(_ request: Request, _ context: FleetContext) async throws -> Response {
        let client = context.names[0]
        let fields = try await form(request)
        let workload = fields["workload"]
        if let workload, !Identifier.isName(workload) {
            throw APIError.badRequest("the name of a workload is \(Identifier.nameRule)")
        }
        let endpoints = [
            "start": DaemonEndpoint.start, "stop": DaemonEndpoint.stop, "restart": DaemonEndpoint.restart,
            "reload": DaemonEndpoint.reload,
        ]
        let action = fields["action"] ?? ""
        guard let endpoint = endpoints[action], (workload == nil) == (action == "reload") else {
            throw APIError.badRequest("there is no action '\(action.prefix(20))'")
        }
        let message: ActionResult
        do {
            let answer = try await commands.act(endpoint, action, client: client, workload: workload, context: context)
            message = ActionText.read(answer)
        } catch let error as APIError {
            message = ActionResult(success: false, message: error.detail)
        }
        return try clientPage(client, request, context, message: message)
    }

    private func clientPage(
        _ name: String, _ request: Request, _ context: FleetContext, message: ActionResult?
    ) throws -> Response {
        let found = state.ask { picture, now in
            picture.overview(name, at: now).map { ($0, picture.workloads(of: name) ?? []) }
        }
        guard let (overview, workloads) = found else {
            throw APIError.notFound("there is no client '\(name)' in this fleet")
        }
        let viewer = viewer(request, context.principal)
        let values = PageValues.client(
            overview, workloads: workloads, now: state.time.wall, viewer: viewer, message: message)
        // The answer to a form is not looked at again by itself: that would send the form again.
        return pages.page(
            "client", title: name, values: values, viewer: viewer, refresh: message == nil ? Self.refresh : nil)
    }
}

/// Paths of pages.
enum PageEndpoint {
    static let fleet = Endpoint(.get, "/")
    static let client = Endpoint(.get, "/clients/{name}")
    static let act = Endpoint(.post, "/clients/{name}/act")
    static let loginForm = Endpoint(.get, "/login")
    static let logout = Endpoint(.post, "/logout")
    static let style = Endpoint(.get, "/style.css")
}
