import ArgumentParser
import AsyncHTTPClient
import FleetClient
import FleetModel

/// Words that only a central knows, for a shell that completes them; none where it does not answer.
enum CentralCompletion {
    static let deployments = words { client in try await client.deployments(limit: 100).compactMap(\.id) }
    static let releases = words { client in try await client.releases().map(\.version) }

    private static func words(
        _ ask: @escaping @Sendable (CentralClient) async throws -> [String]
    ) -> CompletionKind {
        .custom { (words: [String], _: Int, prefix: String) async -> [String] in
            let found = try? await withHTTP { http in
                try await ask(try client(for: words, http: http))
            }
            // A version may have a '+' besides what names have; a shell reads this.
            return (found ?? []).filter { Identifier.isVersion($0) && $0.hasPrefix(prefix) }
        }
    }

    private static func client(for words: [String], http: HTTPClient) throws -> CentralClient {
        func option(_ name: String) -> [String] {
            WorkloadNames.value(of: name, in: words).map { [name + "=" + $0] } ?? []
        }
        let central = try CentralOptions.parse(option("--central") + option("--token-file"))
        let common = try CommonOptions.parse(option("--config-dir"))
        return try central.client(common.resolved(), http: http)
    }
}
