import ArgumentParser
import DaemonCore
import FleetClient
import FleetHTTP
import FleetModel
import Glibc
import TerminalText

struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops the workloads and ends the daemon, and the central that it runs; returns when it has gone.")

    /// How long a process may take that has let go of its socket, the last thing it has.
    private static let patience = Duration.seconds(30)

    @OptionGroup var common: CommonOptions
    @Flag(help: "Leave the workloads running; the next 'up' takes them over.")
    var keepWorkloads = false

    func run() async throws {
        let path = try common.daemonSocket()
        let daemon = SocketLook(at: path)
        // Held before it is asked to go, so that its number cannot be another's by then.
        let process = daemon.pid.flatMap { ProcessWatch(pid: $0) }
        let answer = try await common.withDaemon { try await $0.shutdown(keepingWorkloads: keepWorkloads) }
        if isatty(1) == 1 { Output.lines([SafeText.line(answer.message)]) }
        var deadline: ContinuousClock.Instant?
        while !(process?.hasEnded(within: 500) ?? false) {
            // Each workload has its own limit of time, so there is no sensible one while it serves; Ctrl-C ends the
            // waiting, not the daemon's going down.
            let now = SocketLook(at: path)
            if now.isAnswering, now.pid == daemon.pid {
                try await Task.sleep(for: .milliseconds(20))
            } else {
                guard process != nil else { return }
                let limit = deadline ?? .now + Self.patience
                deadline = limit
                guard .now < limit else { throw CommandFailure(Self.complaint(daemon.pid)) }
            }
        }
    }

    private static func complaint(_ pid: Int32?) -> String {
        let pid = pid.map { "\($0)" } ?? "?"
        return "the daemon (pid \(pid)) has let go of its socket and does not end; its log may say why. "
            + "'kill -9 \(pid)' ends it and harms no workload"
    }
}
