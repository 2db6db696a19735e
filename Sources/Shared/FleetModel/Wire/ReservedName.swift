/// Names that the audit has for those who have no named token, and that none may be called by therefore.
package enum ReservedName {
    package static let apiToken = "api_token"
    package static let anonymous = "anonymous"
    /// Whoever opened the daemon's Unix socket.
    package static let socket = "socket"
    /// What a central does by itself, as when it takes up a deployment again.
    package static let central = "central"

    package static let all: Set<String> = [apiToken, anonymous, socket, central, "daemon"]
}
