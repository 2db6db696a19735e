import ArgumentParser
import FleetClient
import FleetModel
import TerminalText

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the configuration again and restarts what changed; with one mistake nothing changes.",
        discussion: """
            It prints what changed, or every mistake as file:line:column: message. On a control host the central reads \
            its inventory and its tokens again too.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let result = try await common.withDaemon { try await $0.reload() }
        if output.json {
            try Output.json(result)
            return
        }
        let changes = result.changes
        let said = [("added", changes.added), ("removed", changes.removed), ("restarted", changes.restarted)]
            .filter { !$0.1.isEmpty }
            .map { SafeText.line("\($0.0): \($0.1.joined(separator: ", "))") }
        let central = (changes.central ?? []).map { SafeText.line("central: \($0)") }
        Output.lines(
            (said.isEmpty && central.isEmpty ? ["nothing has changed"] : said) + central
                + ["\(changes.unchanged.count) unchanged"])
    }
}
