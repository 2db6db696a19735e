import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("The console in a real terminal, with the real programs behind it", .timeLimit(.minutes(10)))
struct ConsoleTests {
    static let flood = """
        name: flood
        command: [sh, -c, 'i=0; while :; do i=$((i+1)); echo line $i; [ $((i % 100)) != 0 ] || sleep 0.1; done']
        stop_timeout: 1

        """

    @Test("drilling down, stopping and starting by keys, and a log of a thousand lines a second")
    func drillDown() async throws {
        try await withHosts(2) { hosts in
            try hosts[1].write(Self.flood, to: "configs/flood.yaml")
            let fleet = try await SmallFleet.start(hosts)
            try hosts[0].write(SmallFleet.token, to: "token", mode: 0o600)
            try await ConsoleScreen.with(hosts[0]) { screen in
                try await screen.start("--central", fleet.url, "--token-file", "\(hosts[0].folder)/token")
                try await screen.until("the client is there") { $0.contains("sensor-node-1") && $0.contains("LIVE") }
                try await screen.until("it says who this is") { $0.contains("api_token@127.0.0.1") }
                try await screen.keys("Enter")
                try await screen.until("its workloads are there") { $0.contains("flood") && $0.contains("ticker") }
                try await screen.keys("j", "X")
                try await screen.until("it asks") { $0.contains("stop sensor-node-1/ticker? y/N") }
                try await screen.keys("y")
                _ = try await fleet.client.until("ticker", "is stopped") { $0.status == .stopped }
                try await screen.until("the screen says so") { $0.contains("ticker") && $0.contains("stopped") }
                try await screen.keys("S", "y")
                _ = try await fleet.client.until("ticker", "runs") { $0.status == .running }

                try await screen.keys("k", "Enter")
                try await screen.until("the log follows") { $0.contains("FOLLOW") && $0.contains("\nline ") }
                func last() async throws -> Int {
                    try await screen.text().split(separator: "\n").compactMap { row in
                        row.hasPrefix("line ") ? Int(row.dropFirst(5)) : nil
                    }.max() ?? 0
                }
                let first = try await last()
                _ = try await until("it keeps up with a thousand lines a second") { () -> Bool? in
                    guard try await last() > first + 3000 else { return nil }
                    let written = fleet.client.read("logs/flood.log").split(separator: "\n").count
                    return try await last() > written - 3000 ? true : nil
                }
                try await screen.keys("k")
                try await screen.until("it is paused and counts") { $0.contains("PAUSED") && !$0.contains("PAUSED: 0") }
                let paused = try await last()
                try await screen.until("more lines are behind it") { text in
                    text.contains("PAUSED") && (text.firstMatch(of: /PAUSED: (\d+)/).flatMap { Int($0.1) } ?? 0) > 1500
                }
                #expect(try await last() == paused, "what is read does not move")
                try await screen.keys("G")
                _ = try await until("it follows again") { () -> Bool? in try await last() > paused + 1500 ? true : nil }
                try await screen.keys("q", "q", "q")
                try await screen.until("the shell is back") { $0.contains("shell>") && !$0.contains("LIVE") }
            }
        }
    }

    @Test("a deployment is begun, watched and cancelled by keys, and the central is killed and comes back under it")
    func deployment() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            try fleet.release("slow", command: "exec sleep infinity", more: "ready: {exec: [\"false\"]}")
            try fleet.control.write(DeployFleet.token, to: "token", mode: 0o600)
            try await ConsoleScreen.with(fleet.control) { screen in
                try await screen.start(
                    "--central", "http://127.0.0.1:\(fleet.port)", "--token-file", "\(fleet.control.folder)/token")
                try await screen.until("both clients are there") { $0.contains("2 online") }
                try await screen.keys("*", "D")
                try await screen.until("the releases are there") { $0.contains("version") && $0.contains("1 of 4") }
                // The newest is the first: the one that never becomes ready.
                #expect(try await screen.text().contains("< slow >"))
                try await screen.keys("Enter")
                try await screen.until("the plan is there") { $0.contains("batch 2: n2") && $0.contains("y = begin") }
                try await screen.keys("y")
                try await screen.until("it is under way") {
                    $0.contains("fleet > slow") && $0.contains("deploy") && $0.contains("n1")
                }
                try await screen.keys("Enter")
                try await screen.until("the output of the script is there") {
                    $0.contains("> output") && !$0.contains("loading")
                }
                try await screen.keys("Escape")
                try await screen.until("it is back at the deployment") { !$0.contains("> output") }
                try await screen.keys("C")
                try await screen.until("it asks") { $0.contains("cancel slow? y/N") }
                try await screen.keys("y")
                try await screen.until("it is cancelled") { $0.contains("cancelled") }

                let version = try await screen.text()
                try await fleet.control.killAll()
                try await screen.until("the loss is shown, with the age of the data") {
                    $0.contains("RETRY") && $0.contains("old")
                }
                #expect(version.contains("slow"))
                try await screen.keys("1", "L")
                try await screen.until("it refuses to act") { $0.contains("not connected: what is shown") }
                try await fleet.control.up()
                try await screen.until("it is back") { $0.contains("LIVE") && $0.contains("connected again after") }
                try await screen.keys("u", "L", "y")
                try await screen.until("a client is told something again") { $0.contains("reload n1: ") }
            }
        }
    }

    enum WayOut: CaseIterable, Sendable {
        case quit, interrupt, suspend, term, hangup, int, ctrlBackslash, quitSignal, crash, abort

        var signal: Int32? {
            switch self {
            case .term: SIGTERM
            case .hangup: SIGHUP
            case .int: SIGINT
            case .quitSignal: SIGQUIT
            case .crash: SIGSEGV
            case .abort: SIGABRT
            default: nil
            }
        }
    }

    @Test("every way out leaves the terminal as it was", arguments: WayOut.allCases)
    func wayOut(_ way: WayOut) async throws {
        try await withHosts { hosts in
            try await ConsoleScreen.with(hosts[0]) { screen in
                let before = try await screen.ask("stty -a")
                let modes = try await screen.modes()
                try await screen.start("--central", "http://127.0.0.1:1")
                try await screen.until("it is shown") { $0.contains("RETRY") }
                #expect(try await screen.modes() != modes)
                switch way {
                case .quit: try await screen.keys("q")
                case .interrupt: try await screen.keys("C-c")
                case .ctrlBackslash: try await screen.keys("C-\\")
                case .suspend:
                    try await screen.keys("C-z")
                    try await screen.until("the shell has it") { $0.contains("shell>") && !$0.contains("RETRY") }
                    #expect(try await screen.modes() == modes)
                    try await screen.type("fg")
                    try await screen.keys("Enter")
                    try await screen.until("it is back") { $0.contains("RETRY") }
                    try await screen.keys("q")
                default: kill(try await screen.pid(), try #require(way.signal))
                }
                try await screen.until("the shell is back") { $0.contains("shell>") && !$0.contains("RETRY") }
                #expect(try await screen.modes() == modes)
                #expect(try await screen.ask("stty -a") == before)
                #expect(try await screen.text().contains("stty"), "what stood there before stands there again")
            }
        }
    }

    @Test("a terminal that is closed ends it at once")
    func closedTerminal() async throws {
        try await withHosts { hosts in
            try await ConsoleScreen.with(hosts[0]) { screen in
                try await screen.start("--central", "http://127.0.0.1:1")
                try await screen.until("it is shown") { $0.contains("RETRY") }
                let pid = try await screen.pid()
                _ = try? await screen.tmux("kill-server")
                _ = try await until("it has ended") { () -> Bool? in kill(pid, 0) == 0 ? nil : true }
            }
        }
    }

    @Test(
        "it is shown on every terminal that can, in UTF-8 and in ASCII",
        arguments: ["xterm-256color", "tmux-256color", "screen", "linux", "vt100"], ["C.UTF-8", "C"])
    func kinds(_ kind: String, _ locale: String) async throws {
        try await withHosts { hosts in
            try await ConsoleScreen.with(hosts[0], columns: 80, rows: 24) { screen in
                try await screen.start("--central", "http://127.0.0.1:1", variables: "LC_ALL=\(locale) TERM=\(kind)")
                try await screen.until("it is shown") { $0.contains("RETRY") && $0.contains("? help") }
                try await screen.keys("?")
                try await screen.until("the help is there") { $0.contains("Move") && $0.contains("page_down") }
                try await screen.keys("Escape")
                let line = locale == "C" ? "-----" : "─────"
                try await screen.until("lines are drawn") { $0.contains(line) }
                try await screen.keys("q")
                try await screen.until("the shell is back") { $0.contains("shell>") && !$0.contains("RETRY") }
            }
        }
    }

    @Test(
        "where there is no screen to be had, it says what to do instead",
        arguments: ["TERM=dumb", "TERM=", "TERM=nonsense"])
    func noScreen(_ variables: String) async throws {
        try await withHosts { hosts in
            try await ConsoleScreen.with(hosts[0]) { screen in
                try await screen.start("--central", "http://127.0.0.1:1", variables: variables)
                try await screen.until("it says so") { $0.contains("--plain") }
                #expect(try await screen.ask("echo $?").trimmingCharacters(in: .whitespacesAndNewlines) == "2")
            }
            let spoken = try await speak(ConsoleScreen.program, [], in: hosts[0].folder, environment: ["TERM": "xterm"])
            #expect(spoken.status == 2 && spoken.errors.contains("--plain"))
        }
    }

    @Test("it follows every size, and what does not fit says what it needs")
    func resize() async throws {
        try await withHosts { hosts in
            try await ConsoleScreen.with(hosts[0]) { screen in
                try await screen.start("--central", "http://127.0.0.1:1")
                try await screen.until("it is shown") { $0.contains("RETRY") }
                try await screen.tmux("resize-window", "-x", "36", "-y", "8")
                try await screen.until("it says what it needs") { $0.contains("40 x 10") }
                try await screen.tmux("resize-window", "-x", "132", "-y", "43")
                try await screen.until("it is whole again") { text in
                    text.contains("RETRY") && text.split(separator: "\n", omittingEmptySubsequences: false).count >= 43
                        && text.contains("UPTIME")
                }
            }
        }
    }

    @Test("--plain writes a line for each change, and needs no terminal")
    func plain() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            _ = try await fleet.untilOverview("runs it") { $0.workloadsRunning == 1 }
            try hosts[0].write(SmallFleet.token, to: "token", mode: 0o600)
            let reader = try Companion(
                ConsoleScreen.program, ["--plain", "--central", fleet.url, "--token-file", "token"], on: hosts[0])
            try await reader.until("the summary is there") { $0.contains("OK   1 client: 1 online") }
            #expect(try await fleet.post(FleetTests.workload + "/stop").decoded(ActionResult.self).success)
            try await reader.until("the stop is told, and who it was") {
                $0.contains("sensor-node-1/ticker stopped") && $0.contains("api_token: stop, ok")
            }
            try await reader.end()
            let refused = try await speak(
                ConsoleScreen.program, ["--plain", "--central", fleet.url], in: hosts[0].folder,
                environment: ["MCTL_API_TOKEN": "another"])
            #expect(refused.status == 1 && refused.output.contains("token"), "\(refused.output)")
        }
    }
}
