/// One request of the wire contract, written once for servers and clients: where it goes, what is answered, and how
/// long that may take.
///
/// `Answer` is the type of the JSON; `Never` where it is none, but a page, a stream or a text.
package struct Endpoint<Answer>: Sendable {
    package enum Pace: Hashable, Sendable {
        /// Answered at once.
        case prompt
        /// Answered when workloads have ended, whose `stop_timeout` may be long.
        case patient
        /// A report: one that is late is of no use, since the next one says the same.
        case report
    }

    package let route: Route
    package let pace: Pace

    package init(_ method: Route.Method, _ pattern: String, _ answer: Answer.Type, _ pace: Pace = .prompt) {
        route = Route(method: method, pattern: pattern)
        self.pace = pace
    }

    /// The path with its placeholders filled from the left.
    package func path(_ names: String...) -> String { route.path(names) }
}

extension Endpoint where Answer == Never {
    package init(_ method: Route.Method, _ pattern: String) { self.init(method, pattern, Never.self) }
}

/// A method and a path.
///
/// The pattern has `{name}` where a name stands.
package struct Route: Hashable, Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    package var method: Method
    package var pattern: String

    package init(method: Method, pattern: String) {
        self.method = method
        self.pattern = pattern
    }

    /// The path with its placeholders filled from the left, percent-encoded.
    package func path(_ names: [String]) -> String {
        var names = names[...]
        return pattern.split(separator: "/", omittingEmptySubsequences: false)
            .map { part in
                guard part.hasPrefix("{"), let name = names.popFirst() else { return String(part) }
                return PercentEncoding.encode(name, keeping: PercentEncoding.unreserved)
            }
            .joined(separator: "/")
    }
}
