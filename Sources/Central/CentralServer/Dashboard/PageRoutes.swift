import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages, and what their forms do.
struct PageRoutes: Sendable {
    private static let logLines = 200
    private static let formLimit = 16 * 1024

    let pages: Pages
    let gate: Gatekeeper
    let state: FleetState
    let commands: CentralRoutes
    let history: FleetHistory

    func add(to routes: inout Routes) {
        routes.on(PageEndpoint.asset, needs: .open) { request, context in
            guard let asset = pages.assets.response(context.names[0], to: request) else {
                throw APIError.notFound("there is no such file; load the page again")
            }
            return asset
        }
        addLogin(to: &routes)
        routes.on(PageEndpoint.fleet, needs: .status) { request, context in
            // Taken before the picture is: an event that the page shows already is harmless, one that it misses is not.
            let position = position
            let clients = state.ask { $0.overviews(at: $1) }
            let values = PageValues.fleet(
                clients, query: FleetQuery(request), history: history, now: state.time.wall,
                here: request.head.authority ?? "control-host:8080")
            return pages.page(
                "fleet", title: PageValues.fleetTitle(clients), values: values,
                viewer: viewer(request), scope: "fleet", position: position)
        }
        routes.on(PageEndpoint.client, needs: .status) { request, context in
            try clientPage(context.names[0], request, context, message: nil)
        }
        routes.on(PageEndpoint.workload, needs: .status) { request, context in
            try await workloadPage(context.names[0], context.names[1], request, context)
        }
        routes.on(PageEndpoint.confirm, needs: .operate) { request, context in try confirm(request, context) }
        routes.on(PageEndpoint.audit, needs: .audit) { request, context in
            let position = position
            let now = state.time.wall
            let rows = try await DiskExecutor.run { try state.audit(limit: 200) }.map { entry in
                [
                    "time": "\(entry.time)", "when": PageValues.ago(entry.time, now: now), "who": entry.who,
                    "action": entry.action, "target": entry.target, "result": entry.result,
                    "address": entry.address ?? "",
                ]
            }
            let refused = try await DiskExecutor.run { try state.refusals(limit: 50) }.map { refusal in
                [
                    "time": "\(refusal.time)", "when": PageValues.ago(refusal.time, now: now),
                    "address": refusal.address, "count": "\(refusal.count)", "request": refusal.request,
                    "status": "\(refusal.status)", "reason": refusal.reason,
                ]
            }
            return pages.page(
                "audit", title: "Audit",
                values: [
                    "rows": rows, "has_rows": !rows.isEmpty, "refused": refused, "has_refused": !refused.isEmpty,
                ],
                viewer: viewer(request), scope: "audit", position: position)
        }
        routes.on(PageEndpoint.act, needs: .operate) { request, context in try await act(request, context) }
    }

    static func redirect(to path: String, cookie: String?, isSecure: Bool = false) -> Response {
        var headers: HTTPFields = [.location: path]
        if let cookie {
            let age = cookie.isEmpty ? 0 : Int(clamping: Sessions.lifetime)
            headers[.setCookie] =
                "\(Sessions.cookie)=\(cookie); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(age)"
                + (isSecure ? "; Secure" : "")
        }
        return Response(status: .seeOther, headers: headers, body: ResponseBody())
    }

    var position: String { state.events.id(of: state.events.position) }

    func viewer(_ request: Request) -> Pages.Viewer {
        let session = gate.session(of: request)
        func may(_ need: AccessNeed) -> Bool { gate.sessionMay(need, request) }
        return Pages.Viewer(
            name: session?.principal.name, formToken: session?.formToken ?? gate.sessions.openFormToken,
            mayOperate: may(.operate), hasLogin: gate.policy.hasTokens, mayRead: may(.read), mayDeploy: may(.deploy),
            mayAudit: may(.audit), takesGzip: request.takesGzip && !RequestMarks(request).isCrossSite,
            here: request.method == .get ? request.uri.string : "/")
    }

    // MARK: - Forms

    /// The fields of a form of ours.
    /// - Throws: `APIError` 403 where it is none.
    func form(_ request: Request, checked: Bool = true) async throws -> [String: String] {
        let body = try await request.wholeBody(upTo: Self.formLimit)
        var fields: [String: String] = [:]
        for (key, value) in FormText.fields(String(buffer: body)) { fields[key] = value }
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
        let action = try PageAction(fields["action"] ?? "", workload: workload)
        let message: ActionResult
        do {
            let answer =
                switch action {
                case .reload: try await commands.reload(client, context)
                case .act(let action, let workload):
                    try await commands.act(action, on: workload, of: client, context)
                }
            message = ActionText.read(answer)
        } catch let error as APIError {
            message = ActionResult(success: false, message: error.detail)
        }
        return try clientPage(client, request, context, message: message)
    }

    /// Asks before anything is done, naming what it is done to: without a script this is a page of its own.
    private func confirm(_ request: Request, _ context: FleetContext) throws -> Response {
        let client = context.names[0]
        let fields = Dictionary(FormText.fields(request.uri.query ?? "")) { first, _ in first }
        let workload = fields["workload"]
        let action = try PageAction(fields["action"] ?? "", workload: workload)
        let verb = action.title
        guard state.ask({ picture, _ in picture.knows(client) }) else {
            throw APIError.notFound("there is no client '\(client)' in this fleet")
        }
        let viewer = viewer(request)
        let question =
            workload.map { "\(verb) workload '\($0)' on client '\(client)'?" }
            ?? "Reload the configuration of client '\(client)'?"
        var values: [String: Any] = [
            "question": question, "target": PageEndpoint.act.path(client), "verb": verb, "action": action.name,
            "back": PageEndpoint.client.path(client),
            "fields": workload.map { [["key": "workload", "value": $0]] } ?? [],
        ]
        if action == .reload {
            values["detail"] =
                "Workloads whose definition changed are restarted; where one file is wrong, nothing changes."
        }
        return pages.page("confirm", title: question, values: values, viewer: viewer)
    }

    private func workloadPage(
        _ client: String, _ name: String, _ request: Request, _ context: FleetContext
    ) async throws -> Response {
        let position = position
        guard let workloads = state.ask({ picture, _ in picture.workloads(of: client) }) else {
            throw APIError.notFound("there is no client '\(client)' in this fleet")
        }
        guard let workload = workloads.first(where: { $0.name == name }) else {
            throw APIError.notFound("client '\(client)' has reported no workload '\(name)'")
        }
        let viewer = viewer(request)
        var values = PageValues.workload(workload, of: client, now: state.time.wall, viewer: viewer)
        values["may_read"] = viewer.mayRead
        if viewer.mayRead {
            values["follow"] = CentralEndpoint.logs.path(client, name) + "?lines=\(Self.logLines)&follow=true"
            do {
                let answer = try await commands.forwarder.pass(
                    DaemonEndpoint.logs, name, query: "?lines=\(Self.logLines)", to: client)
                if let log = LogText.read(answer) {
                    values["log"] = log
                } else {
                    values["log_problem"] = ActionText.read(answer).message
                }
            } catch let error as APIError {
                values["log_problem"] = error.detail
            }
        }
        let trouble = workload.status.isTrouble ? "(!) " : ""
        return pages.page(
            "workload", title: "\(trouble)\(name) on \(client)", values: values, viewer: viewer,
            scope: "client:\(client)", position: position)
    }

    private func clientPage(
        _ name: String, _ request: Request, _ context: FleetContext, message: ActionResult?
    ) throws -> Response {
        let position = position
        let found = state.ask { picture, now in
            picture.overview(name, at: now).map { ($0, picture.workloads(of: name) ?? []) }
        }
        guard let (overview, workloads) = found else {
            throw APIError.notFound("there is no client '\(name)' in this fleet")
        }
        let viewer = viewer(request)
        let values = PageValues.client(
            overview, workloads: workloads, history: history, now: state.time.wall, viewer: viewer, message: message)
        let trouble = workloads.count { $0.status.isTrouble }
        let mark = trouble > 0 ? "(!) \(trouble) in trouble · " : overview.status == .online ? "" : "(!) "
        return pages.page(
            "client", title: mark + name, values: values, viewer: viewer, scope: "client:\(name)", position: position)
    }
}

/// Paths of pages.
enum PageEndpoint {
    static let fleet = Endpoint(.get, "/")
    static let client = Endpoint(.get, "/clients/{name}")
    static let act = Endpoint(.post, "/clients/{name}/act")
    static let loginForm = Endpoint(.get, "/login")
    static let logout = Endpoint(.post, "/logout")
    static let asset = Endpoint(.get, "/assets/{file}")
    static let confirm = Endpoint(.get, "/clients/{name}/confirm")
    static let workload = Endpoint(.get, "/clients/{name}/workloads/{workload}")
    static let audit = Endpoint(.get, "/audit")
    static let deployments = Endpoint(.get, "/deployments")
    static let deployment = Endpoint(.get, "/deployments/{id}")
    static let confirmDeployment = Endpoint(.get, "/deployments/{id}/confirm")
    static let actDeployment = Endpoint(.post, "/deployments/{id}/act")
    static let output = Endpoint(.get, "/deployments/{id}/clients/{name}")
    static let newDeployment = Endpoint(.get, "/deploy")
    static let deploy = Endpoint(.post, "/deploy")
}
