import AsyncHTTPClient
import FleetClient

/// The way to one central, with the token as it is now.
struct CentralLink: Sendable {
    /// Seconds without a byte after which a stream counts as broken: the central sends a comment each 15 s.
    private static let longestSilence = 35.0

    var choice: CentralChoice
    private let streaming: HTTPClient
    private let calling: HTTPClient

    init(_ choice: CentralChoice) {
        self.choice = choice
        streaming = .fleet(silence: Self.longestSilence)
        calling = .fleet()
    }

    /// - Throws: `StartupProblem` where the token cannot be read.
    func calls() throws -> CentralClient {
        CentralClient(url: choice.url, token: try choice.readToken(), http: calling)
    }
    func streams() throws -> CentralClient {
        CentralClient(url: choice.url, token: try choice.readToken(), http: streaming)
    }

    func close() async {
        try? await streaming.shutdown()
        try? await calling.shutdown()
    }

    /// A sentence for the operator.
    static func reason(_ error: any Error) -> String {
        switch error {
        case FleetClientError.unreachable(_, let reason): "not connected: \(reason)"
        case FleetClientError.timedOut: "not connected: nothing came from the central in time"
        // Not with its URL, in which somebody may have put a password.
        case FleetClientError.unreadable(_, let reason): "the central gave an answer that cannot be read: \(reason)"
        case let problem as StartupProblem: problem.lines.joined(separator: " ")
        default: "\(error)"
        }
    }
}
