import FleetModel
import HTTPTypes
import Hummingbird

/// Tells an unknown path from a wrong method, once the router has found nothing.
struct RouteTable: Sendable {
    private var routes: [(parts: [Substring], route: Route)] = []

    init(_ routes: [Route]) {
        self.routes = routes.map { (parts($0.pattern), $0) }
    }

    /// The names within braces of the pattern.
    func placeholders(of route: Route) -> [Substring] {
        parts(route.pattern).filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
    }

    func refusal(of request: Request) -> APIError {
        let path = request.uri.path
        let asked = parts(path)
        var allowed = Set(routes.filter { matches($0.parts, asked) }.map(\.route.method.rawValue))
        guard !allowed.isEmpty else {
            return .notFound("there is no such path: '\(shortened(path))'")
        }
        if allowed.contains("GET") { allowed.insert("HEAD") }
        let methods = allowed.sorted().joined(separator: ", ")
        return APIError(
            .methodNotAllowed,
            "'\(shortened(path))' does not take \(shortened(request.method.rawValue)); use \(methods)",
            headers: [.allow: methods])
    }

    private func matches(_ pattern: [Substring], _ asked: [Substring]) -> Bool {
        pattern.count == asked.count && zip(pattern, asked).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    /// What comes from outside is given back only in part.
    private func shortened(_ text: String) -> String { text.cut(toBytes: 200) }
}

private func parts(_ path: String) -> [Substring] { path.split(separator: "/") }
