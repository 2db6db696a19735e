import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// Logging in, and what is shown in place of a page that cannot be.
extension PageRoutes {
    func addLogin(to routes: inout Routes) {
        routes.on(PageEndpoint.loginForm, needs: .open) { request, _ in
            let back = FormText.fields(request.uri.query ?? "").first { $0.0 == "back" }?.1
            return loginPage(request, message: nil, back: back)
        }
        routes.on(CentralEndpoint.login, needs: .open) { request, context in try await logIn(request, context) }
        routes.on(PageEndpoint.logout, needs: .open) { request, _ in
            _ = try await form(request)
            gate.sessions.end(request.cookies[Sessions.cookie]?.value)
            return Self.redirect(to: "/", cookie: "", isSecure: RequestMarks(request).isSecure)
        }
    }

    private func loginPage(
        _ request: Request, message: String?, back: String?, status: HTTPResponse.Status = .ok
    ) -> Response {
        var values: [String: Any] = [:]
        if let message { values["message"] = message }
        if let back = Self.ownPath(back) { values["back"] = back }
        return pages.page("login", title: "Log in", values: values, viewer: viewer(request), status: status)
    }

    private func logIn(_ request: Request, _ context: FleetContext) async throws -> Response {
        let now = state.time
        let fields = try await form(request, checked: false)
        let back = fields["back"]
        // The token goes first: a right one is never kept out by the wrong ones of others at the same address.
        guard let principal = gate.policy.principal(ofToken: fields["token"] ?? "") else {
            let refusal = gate.wrongTokens.note(
                from: context.addressBlock, usual: APIError(.unauthorized, "the token is not known here"))
            guard refusal.status == .unauthorized else { throw refusal }
            state.refusals.note(refusal, request, context, at: now.wall)
            var page = loginPage(
                request, message: "This token is not known here.", back: back, status: .unauthorized)
            if refusal.closesConnection { page.headers[.connection] = "close" }
            return page
        }
        guard principal.may(.read) else {
            return loginPage(
                request, message: "This token is for reports alone; it opens no pages.", back: back, status: .forbidden)
        }
        context.proved(client: principal.client)
        await note(context, who: principal.name, "login", "ok")
        return Self.redirect(
            to: Self.ownPath(back) ?? "/", cookie: gate.sessions.begin(principal, now: now.monotonic),
            isSecure: RequestMarks(request).isSecure)
    }

    private func note(_ context: FleetContext, who: String, _ action: String, _ result: String) async {
        await state.note(
            AuditEntry(
                time: state.time.wall, who: who, address: context.peerAddress, action: action, target: "dashboard",
                result: result))
    }

    /// A path of this site that one may be sent to; nil for whatever could lead elsewhere.
    static func ownPath(_ text: String?) -> String? {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), text.utf8.count <= 500,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return text
    }

    /// The page in place of an answer that is an error.
    func problem(_ error: APIError, _ request: Request) -> Response {
        if error.status == .unauthorized {
            let message =
                request.method == .get
                ? "Log in to see this." : "Your session has ended: log in, then repeat what you did."
            return loginPage(request, message: message, back: viewer(request).here, status: .unauthorized)
        }
        return pages.page(
            "problem", title: Self.heading(error.status),
            values: ["detail": Self.sentence(error.detail), "code": "\(error.status.code)"], viewer: viewer(request),
            status: error.status)
    }

    private static func heading(_ status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "There is nothing here"
        case .forbidden: "You may not do this"
        case .conflict: "Not now"
        case .badGateway, .serviceUnavailable, .gatewayTimeout: "That did not work"
        case .internalServerError: "Something went wrong"
        default: "This cannot be done"
        }
    }

    private static func sentence(_ detail: String) -> String {
        guard let first = detail.first else { return detail }
        return first.uppercased() + detail.dropFirst() + (detail.last?.isPunctuation == true ? "" : ".")
    }
}
