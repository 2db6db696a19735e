import ArgumentParser
import DaemonCore

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the daemon in the foreground, and what else daemon.yaml enables.")

    @OptionGroup var common: CommonOptions

    func run() async throws { try await runPrograms(common.resolved()) }
}
