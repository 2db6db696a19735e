import ArgumentParser
import FleetClient
import FleetModel
import Glibc

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows the last lines of a workload's log.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption
    @Option(name: [.short, .customLong("lines")], help: "How many lines, 1 to 10000.")
    var n = 50
    @Flag(name: .shortAndLong, help: "Go on with what is written from now on, until Ctrl-C.")
    var follow = false
    @Argument(help: "The workload.", completion: WorkloadNames.completion)
    var name: String

    func validate() throws {
        guard (1...10_000).contains(n) else { throw ValidationError("-n must be from 1 to 10000") }
        if follow, output.json { throw ValidationError("--json shows what there is; it does not go with --follow") }
    }

    func run() async throws {
        let isTerminal = isatty(1) == 1
        try await common.withDaemon { daemon in
            if follow {
                try await go(on: daemon, isTerminal: isTerminal)
                return
            }
            let log: LogLines
            do {
                log = try await daemon.logs(name, lines: n)
            } catch FleetClientError.answered(404, let answer) {
                let names = (try? await daemon.list().map(\.name)) ?? []
                throw CommandFailure(answer.detail + WorkloadNames.hint(for: name, among: names))
            }
            if output.json {
                try Output.json(log)
            } else {
                Output.lines(isTerminal ? log.lines.map(SafeText.logLine) : log.lines)
            }
        }
    }

    /// Goes on where it was when the daemon has gone and comes back.
    private func go(on daemon: DaemonClient, isTerminal: Bool) async throws {
        var last: String?
        var pause = 0.25
        var isAway = false
        while true {
            do {
                let stream = try await daemon.followLogs(name, lines: n, after: last)
                if isAway { writeError("master-control: the daemon is back\n") }
                isAway = false
                pause = 0.25
                for try await event in stream {
                    Output.lines([isTerminal ? SafeText.logLine(event.data) : event.data])
                    last = event.id ?? last
                }
            } catch FleetClientError.answered(let status, let answer) {
                throw FleetClientError.answered(status: status, answer)
            } catch {
                // The first time there must be a daemon; later it may go away and come back.
                if last == nil, !isAway { throw error }
            }
            if !isAway { writeError("master-control: the daemon has gone; waiting for it, Ctrl-C ends\n") }
            isAway = true
            try await Task.sleep(for: .seconds(pause))
            pause = min(pause * 2, 5)
        }
    }
}
