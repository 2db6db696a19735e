import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore

/// Renders the pages: every value is escaped by the template, and nothing in a page is a script.
struct Pages: Sendable {
    /// What every page shows of who looks at it.
    struct Viewer: Sendable {
        var name: String?
        var formToken: String
        var mayOperate: Bool
        var hasLogin: Bool
    }

    private let library: MustacheLibrary

    /// - Throws: where a template of ours is not one, which a test would have seen.
    init() throws {
        func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
            try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
        }
        library = MustacheLibrary(templates: [
            "layout": try template(PackageResources.layout_mustache),
            "fleet": try template(PackageResources.fleet_mustache),
            "client": try template(PackageResources.client_mustache),
            "login": try template(PackageResources.login_mustache),
            "problem": try template(PackageResources.problem_mustache),
        ])
    }

    static var style: Response {
        Response(
            status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "max-age=300"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.style_css)))
    }

    func page(
        _ template: String, title: String, values: [String: Any], viewer: Viewer, refresh: Int? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        var values = values
        values["title"] = title
        values["may_operate"] = viewer.mayOperate
        values["form_token"] = viewer.formToken
        values["has_login"] = viewer.hasLogin
        let content = library.render(values, withTemplate: template) ?? ""
        var frame: [String: Any] = [
            "title": title, "content": content, "form_token": viewer.formToken, "has_login": viewer.hasLogin,
        ]
        if let name = viewer.name { frame["who"] = name }
        if let refresh { frame["refresh"] = "\(refresh)" }
        let text = library.render(frame, withTemplate: "layout") ?? ""
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                    + "frame-ancestors 'none'; base-uri 'none'",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
