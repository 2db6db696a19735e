import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOHTTP1

/// Asks a URL whether a program behind it is up.
package struct HTTPProbe: Sendable {
    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    /// True where it answers with 200 to 399 within `seconds`.
    package func isUp(_ url: String, seconds: Double) async -> Bool {
        let status = try? await withTimeLimit(seconds: seconds) { [http] in
            let response = try await http.reach(HTTPClientRequest(url: url))
            // The body is of no interest; a short one leaves the connection as it should be.
            _ = try? await response.body.collect(upTo: 64 * 1024)
            return response.status.code
        }
        return status.map { (200..<400).contains($0) } ?? false
    }
}
