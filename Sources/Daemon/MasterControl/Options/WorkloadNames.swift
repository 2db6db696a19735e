import ArgumentParser
import FleetClient
import FleetConfig
import FleetModel
import FoundationEssentials

/// Names of workloads: those that can be typed, and those that were probably meant.
enum WorkloadNames {
    /// Somebody waits at the prompt, seconds.
    private static let completionLimit = TimeLimits(prompt: 1, patient: 1)

    /// Those the running daemon knows, and none where it does not answer.
    static let completion = CompletionKind.custom { (words: [String], _: Int, prefix: String) async -> [String] in
        let socket = value(of: "--socket-path", in: words).map { ["--socket-path=" + $0] } ?? []
        let names = try? await CommonOptions.parse(socket).withDaemon(limits: completionLimit) {
            try await $0.list().map(\.name)
        }
        return completions(of: prefix, among: names ?? [])
    }

    /// The names that begin so. What is no name is left out: a shell reads this.
    static func completions(of prefix: String, among names: [String]) -> [String] {
        names.filter { Identifier.isName($0) && $0.hasPrefix(prefix) }
    }

    /// What an option has on a command line that is not complete.
    static func value(of option: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated().reversed() {
            if word == option, index + 1 < words.count { return words[index + 1] }
            if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
        }
        return nil
    }

    /// `; did you mean 'x'?`, or nothing.
    static func hint(for name: String, among names: [String]) -> String {
        nearest(to: name, in: names).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// What the daemon said about a name; where it knows none such, with the one that was probably meant.
    static func advised(_ detail: String, status: Int, name: String, daemon: DaemonClient) async -> String {
        guard status == 404, let known = try? await daemon.list() else { return detail }
        return detail + hint(for: name, among: known.map(\.name))
    }
}
