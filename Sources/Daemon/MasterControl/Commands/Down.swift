import ArgumentParser
import DaemonCore
import FleetClient
import FleetModel
import Glibc
import TerminalText

struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops the workloads and ends the daemon, and the central that it runs; returns when it has gone.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Leave the workloads running; the next 'up' takes them over.")
    var keepWorkloads = false

    func run() async throws {
        let path = common.resolved().socketPath
        let before = SocketFile(at: path)
        let answer = try await common.withDaemon { try await $0.shutdown(keepingWorkloads: keepWorkloads) }
        if isatty(1) == 1 { Output.lines([SafeText.line(answer.message)]) }
        // It removes its socket as the last thing it does. Each workload has its own limit of time, so there is no
        // sensible one here; Ctrl-C ends the waiting, not the daemon's going down.
        while let now = SocketFile(at: path), now == before, now.isServed {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
