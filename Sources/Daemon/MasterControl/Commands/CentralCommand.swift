import ArgumentParser

/// The central alone. `up` begins it so, in a process of its own; by hand it is for looking at one that does not start.
struct CentralCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "central",
        abstract: "Runs only the central of daemon.yaml, in the foreground; 'up' does so by itself.",
        shouldDisplay: false)

    @OptionGroup var common: CommonOptions

    func run() async throws { try await runCentral(common.resolved()) }
}
