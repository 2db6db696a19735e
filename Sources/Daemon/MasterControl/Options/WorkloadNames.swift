import ArgumentParser
import FleetClient
import FoundationEssentials

/// Completion of workload names: those the running daemon knows, and none where it does not answer.
enum WorkloadNames {
    static let completion = CompletionKind.custom { (words: [String], _: Int, prefix: String) async -> [String] in
        var options = CommonOptions()
        for (index, word) in words.enumerated() where word == "--socket-path" && index + 1 < words.count {
            options.socketPath = words[index + 1]
        }
        let names = try? await options.withDaemon { try await $0.list().map(\.name) }
        return (names ?? []).filter { $0.hasPrefix(prefix) }
    }

    /// `; did you mean 'x'?`, or nothing.
    static func hint(for name: String, among names: [String]) -> String {
        let near = names.map { ($0, distance($0, name)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(1, name.count / 3) else { return "" }
        return "; did you mean '\(near.0)'?"
    }

    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8.prefix(100))
        let b = Array(b.utf8.prefix(100))
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
