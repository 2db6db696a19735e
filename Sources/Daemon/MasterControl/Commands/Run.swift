import ArgumentParser
import DaemonCore

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a workload once, in the foreground and without a daemon; its exit status is passed on.",
        discussion: "It has the user, the environment and the limits that it has under a daemon.")

    @OptionGroup var common: CommonOptions
    @Argument(help: "The workload.")
    var name: String

    func run() throws { try runOnce(name, options: common.resolved()) }
}
