import ArgumentParser
import FleetClient
import FleetModel
import Glibc

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the last lines of a workload's log.",
        discussion: """
            '--follow' goes on through rotation, restarts of the workload and of the daemon, which it waits for; Ctrl-C \
            ends it with status 0.
            """)

    private static let shortestPause = 0.25
    private static let longestPause = 5.0

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption
    @Option(
        name: [.short, .customLong("lines")],
        help: ArgumentHelp("How many lines, \(Count.words(WireLimits.logLines)).", valueName: "n"))
    var n = 50
    @Flag(name: .shortAndLong, help: "Go on with what is written from now on, until Ctrl-C.")
    var follow = false
    @Argument(help: "The workload.", completion: WorkloadNames.completion)
    var name: String

    func validate() throws {
        try Count.check(n, in: WireLimits.logLines, "-n")
        if follow, output.json { throw ValidationError("--json shows what there is; it does not go with --follow") }
    }

    func run() async throws {
        let isTerminal = isatty(1) == 1
        try await common.withDaemon { daemon in
            do {
                if follow {
                    try await follow(daemon, isTerminal: isTerminal)
                    return
                }
                let log = try await daemon.logs(name, lines: n)
                if output.json {
                    try Output.json(log)
                } else {
                    if isTerminal { Output.lines(log.lines) } else { Output.raw(log.lines) }
                }
            } catch FleetClientError.answered(let status, let answer) {
                throw CommandFailure(
                    await WorkloadNames.advised(answer.detail, status: status, name: name, daemon: daemon))
            }
        }
    }

    /// Goes on where it was when the daemon has gone and comes back.
    private func follow(_ daemon: DaemonClient, isTerminal: Bool) async throws {
        // What was printed is printed, and there is nothing else to put in order.
        signal(SIGINT) { _ in _exit(0) }
        var last: String?
        var hasBegun = false
        var isAway = false
        var pause = Self.shortestPause
        while true {
            do {
                let stream = try await daemon.followLogs(name, lines: n, after: last)
                if isAway { complain("the daemon is back") }
                hasBegun = true
                isAway = false
                for try await event in stream {
                    if isTerminal { Output.lines([event.data]) } else { Output.raw([event.data]) }
                    last = event.id ?? last
                    pause = Self.shortestPause
                }
            } catch let error as FleetClientError where hasBegun && error.isPassing {
                // There was a daemon, so another one may come.
            }
            if !isAway { complain("the daemon has gone; waiting for it, Ctrl-C ends") }
            isAway = true
            try await Task.sleep(for: .seconds(clamping: pause))
            pause = min(pause * 2, Self.longestPause)
        }
    }
}

extension FleetClientError {
    /// Whether it says only that nobody is there now.
    fileprivate var isPassing: Bool {
        switch self {
        case .unreachable, .timedOut: true
        case .answered, .unreadable: false
        }
    }
}
