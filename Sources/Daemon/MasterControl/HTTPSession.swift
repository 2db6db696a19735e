import AsyncHTTPClient
import FleetClient
import FleetModel

/// An HTTP client for the time of one command. What a server or the way there did is thrown as a `CommandFailure`.
func withHTTP<Value>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
    let http = HTTPClient.fleet()
    do {
        let value = try await body(http)
        try? await http.shutdown()
        return value
    } catch let error as FleetClientError {
        try? await http.shutdown()
        throw CommandFailure(sentence(for: error))
    } catch {
        try? await http.shutdown()
        throw error
    }
}

/// An error of the server, with each of its further errors on a line.
private func sentence(for error: FleetClientError) -> String {
    guard case .answered(_, let answer) = error, let issues = answer.errors else { return error.description }
    return ([error.description] + issues.map(\.description)).joined(separator: "\n")
}
