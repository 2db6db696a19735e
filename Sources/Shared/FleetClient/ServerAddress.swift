import FleetModel

/// Where a server is, and how it is called in messages.
package enum ServerAddress: Hashable, Sendable {
    case socket(path: String)
    /// `http://host:port`, without a slash at its end.
    case url(String)

    /// Longest path of a Unix socket, bytes. Linux takes 107; NIO, which opens it here and in the daemon, keeps to the
    /// least of all systems it runs on.
    static let longestSocketPath = 103

    static let advice = "that is no address; one is like http://control-host:8080"

    package var name: String {
        switch self {
        case .socket(let path): "the daemon at '\(path)'"
        case .url(let url): url
        }
    }

    /// Nil where it is no Unix socket.
    var socketPath: String? { if case .socket(let path) = self { path } else { nil } }

    /// - Parameter path: with its leading slash and its query.
    /// - Throws: where no such address can exist.
    func url(of path: String) throws(FleetClientError) -> String {
        switch self {
        case .url(let base):
            guard base.hasPrefix("http://") || base.hasPrefix("https://") else {
                throw .unreachable(server: "'\(base)'", reason: Self.advice)
            }
            return (base.hasSuffix("/") ? String(base.dropLast()) : base) + path
        case .socket(let socket):
            guard socket.utf8.count <= Self.longestSocketPath else {
                throw .unreachable(
                    server: name,
                    reason: "the path is longer than \(Self.longestSocketPath) bytes; give a shorter --socket-path")
            }
            let host = PercentEncoding.encode(socket, keeping: PercentEncoding.alphanumeric)
            return "http+unix://\(host)\(path)"
        }
    }
}
