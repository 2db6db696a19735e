import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import TerminalText

/// Renders the pages: every value is escaped by the template, and the one script is a file of ours.
struct Pages: Sendable {
    /// What every page shows of who looks at it.
    struct Viewer: Sendable {
        var name: String?
        var formToken: String
        var mayOperate: Bool
        var hasLogin: Bool
        var mayRead = false
        var mayDeploy = false
        var mayAudit = false
        var takesGzip = false
        /// The address of the page, to come back to after logging in.
        var here = "/"
    }

    private let library: MustacheLibrary
    let assets = Assets()

    /// - Throws: where a template of ours is not one, which a test would have seen.
    init() throws {
        func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
            try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
        }
        library = MustacheLibrary(templates: [
            "layout": try template(PackageResources.layout_mustache),
            "fleet": try template(PackageResources.fleet_mustache),
            "client": try template(PackageResources.client_mustache),
            "workload": try template(PackageResources.workload_mustache),
            "confirm": try template(PackageResources.confirm_mustache),
            "deployments": try template(PackageResources.deployments_mustache),
            "deployment": try template(PackageResources.deployment_mustache),
            "deploy": try template(PackageResources.deploy_mustache),
            "output": try template(PackageResources.output_mustache),
            "audit": try template(PackageResources.audit_mustache),
            "login": try template(PackageResources.login_mustache),
            "problem": try template(PackageResources.problem_mustache),
        ])
    }

    /// - Parameters:
    ///   - scope: what of the event stream the page shows, for its script; nil for a page that never changes.
    ///   - position: where in the event stream the page stands.
    func page(
        _ template: String, title: String, values: [String: Any], viewer: Viewer, scope: String? = nil,
        position: String? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        var values = values
        values["title"] = title
        values["may_operate"] = viewer.mayOperate
        values["form_token"] = viewer.formToken
        values["has_login"] = viewer.hasLogin
        values["login"] = loginPath(viewer)
        let content = library.render(values, withTemplate: template) ?? ""
        var frame: [String: Any] = [
            "title": title, "content": content, "form_token": viewer.formToken, "has_login": viewer.hasLogin,
            "may_audit": viewer.mayAudit, "login": loginPath(viewer),
        ]
        for (key, path) in assets.paths { frame[key] = path }
        if let name = viewer.name { frame["who"] = name }
        if let (part, isItself) = Self.parts[template] { frame["in_\(part)"] = isItself ? "page" : "true" }
        if let scope, let position {
            frame["scope"] = scope
            frame["position"] = position
        }
        let text = SafeText.line(library.render(frame, withTemplate: "layout") ?? "", keepingLines: true)
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .vary: "Accept-Encoding, Cookie",
            .contentSecurityPolicy: Self.policy,
        ]
        var body = ByteBuffer(string: text)
        // A page of a session that another site opened is sent plain: compressed, its length would tell whether the text
        // that the other site chose is like one of the secrets in the page.
        if viewer.takesGzip, let packed = Gzip.compressed(body) {
            headers[.contentEncoding] = "gzip"
            body = packed
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    private func loginPath(_ viewer: Viewer) -> String {
        viewer.here == "/" || viewer.here.hasPrefix(PageEndpoint.loginForm.path())
            ? PageEndpoint.loginForm.path() : PageEndpoint.loginForm.path() + "?back=" + FormText.encoded(viewer.here)
    }

    /// By page: which link of the header is the current one, and whether it leads to that page itself.
    private static let parts: [String: (String, Bool)] = [
        "fleet": ("fleet", true), "client": ("fleet", false), "workload": ("fleet", false),
        "deployments": ("deployments", true), "deployment": ("deployments", false), "deploy": ("deployments", false),
        "output": ("deployments", false), "audit": ("audit", true),
    ]

    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'"
}
