import ArgumentParser
import DaemonCore

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the daemon in the foreground, and what else daemon.yaml enables.",
        discussion: """
            That is the workload daemon always, its HTTP API and heartbeats if fleet.enabled, and the central, in a \
            process of its own, if central.enabled. SIGTERM and SIGINT act as 'down', SIGHUP as 'reload'.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(
        help: ArgumentHelp(
            "Moves the daemon's database aside (to NAME.broken-TIME) and begins with an empty one.",
            discussion:
                "For one that is damaged. What runs is taken over; counts are forgotten, and what was stopped by hand starts."
        ))
    var resetState = false

    func run() async throws { try await runPrograms(common.resolved(), resettingState: resetState) }
}
