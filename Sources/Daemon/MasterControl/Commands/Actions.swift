import ArgumentParser
import AsyncHTTPClient
import FleetClient
import FleetModel
import TerminalText

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts workloads; a scheduled one runs now.",
        discussion: "It answers when exec has succeeded or failed, for several names side by side.")
    @OptionGroup var arguments: ActionArguments
    func run() async throws { try await arguments.act(.start) }
}

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops workloads, with all their processes; they stay stopped until they are started.",
        discussion: "It answers when nothing of them lives.")
    @OptionGroup var arguments: ActionArguments
    func run() async throws { try await arguments.act(.stop) }
}

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Stops workloads if they run, and starts them.")
    @OptionGroup var arguments: ActionArguments
    func run() async throws { try await arguments.act(.restart) }
}

/// What start, stop and restart have in common.
struct ActionArguments: ParsableArguments {
    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption
    @Argument(help: ArgumentHelp("Workloads.", valueName: "name"), completion: WorkloadNames.completion)
    var names: [String]

    /// All are tried, side by side; one that fails makes the command fail.
    func act(_ action: WorkloadAction) async throws {
        let results = try await common.withDaemon { daemon in
            try await withThrowingTaskGroup(of: (Int, ActionResult).self) { group in
                var results: [Int: ActionResult] = [:]
                for (index, name) in names.enumerated() {
                    if index >= HTTPClient.mostCallsAtOnce, let (index, result) = try await group.next() {
                        results[index] = result
                    }
                    group.addTask {
                        do {
                            return (index, try await daemon.act(action, on: name))
                        } catch FleetClientError.answered(let status, let answer) {
                            let advice = await WorkloadNames.advised(
                                answer.detail, status: status, name: name, daemon: daemon)
                            return (index, ActionResult(success: false, message: advice))
                        }
                    }
                }
                return try await group.reduce(into: results) { $0[$1.0] = $1.1 }
            }
        }
        let ordered = names.indices.compactMap { index in results[index].map { (names[index], $0) } }
        if output.json {
            if ordered.count == 1 {
                try Output.json(ordered[0].1)
            } else {
                try Output.json(Dictionary(ordered, uniquingKeysWith: { first, _ in first }))
            }
        } else {
            for (_, result) in ordered where result.success { Output.lines([SafeText.line(result.message)]) }
        }
        for (_, result) in ordered where !result.success { complain(result.message) }
        if ordered.contains(where: { !$0.1.success }) { throw CommandFailure.silent }
    }
}
