import FleetModel
import Testing

@testable import ConsoleCore

/// Looking: views, filters, order, text, and what is told of the connection.
@Suite struct NavigationTests {
    @Test("A filter works as it is typed, Enter keeps it, and Esc brings back what was") func filter() {
        var bench = Bench()
        bench.press("/", "LAB")
        #expect(bench.model.active.rows == ["pi-lab-03", "pi-lab-04", "pi-lab-07"])
        bench.press("Enter")
        #expect(bench.model.screen == .fleet, "Enter opens nothing")
        bench.press("/", "x", "Esc")
        #expect(bench.model.active.filter == "LAB")
        bench.press("Esc")
        #expect(bench.model.active.rows.count == 7)
        bench.press("Esc")
        #expect(bench.model.screen == .fleet, "at the top Esc does nothing")
    }

    @Test("Only problems are shown, and all again") func problems() {
        var bench = Bench()
        bench.press("o")
        #expect(bench.model.active.rows == ["pi-kitchen-02", "pi-lab-07"])
        bench.press("o")
        #expect(bench.model.active.rows.count == 7)
    }

    @Test("Rows keep their places for three seconds behind a key") func rest() {
        var bench = Bench()
        bench.press(">")
        while bench.model.active.sort?.column != "cpu" { bench.press(">") }
        let before = bench.model.active.rows
        bench.send(.fleet([.client(Bench.client("pi-lab-04", cpu: 99))]))
        bench.wait(2)
        #expect(bench.model.active.rows == before)
        bench.wait(1.5)
        #expect(bench.model.active.rows.first == "pi-lab-04")
    }

    @Test("Sorting goes through all columns and can be inverted, and what is not known stays at the end") func sorting()
    {
        var bench = Bench()
        bench.press("<")
        #expect(bench.model.active.sort?.column == "uptime")
        #expect(bench.cursor == bench.model.active.rows.first, "whoever sorts wants to see the top")
        #expect(bench.model.active.rows.last == "pi-lab-07")
        bench.press("I")
        #expect(bench.model.active.rows.last == "pi-lab-07")
    }

    @Test("Views open one out of another and lead back to where they were left") func views() {
        var bench = Bench()
        bench.press("j", "j", "Enter", "j", "Enter")
        #expect(bench.model.screen == .logs(WorkloadID(client: "pi-hall-02", workload: "mqtt")))
        bench.press("Esc", "Esc")
        #expect(bench.cursor == "pi-hall-02")
        bench.press("3", "-")
        #expect(bench.model.screen == .fleet)
        bench.press("-")
        #expect(bench.model.screen == .deployments)
        bench.press("q", "q")
        #expect(bench.asked().last == .quit)
    }

    @Test("The next client is the next one of the list") func nextClient() {
        var bench = Bench()
        bench.press("Enter", "]", "]")
        #expect(bench.model.screen == .client("pi-hall-02"))
        bench.press("[", "[", "[")
        #expect(bench.model.screen == .client("pi-garage-01") && bench.row(28).contains("first client"))
    }

    @Test("Commands are completed, remembered, and refused with a word") func commands() {
        var bench = Bench()
        bench.press(":", "cl", "Tab", "pi-k", "Tab", "Enter")
        #expect(bench.model.screen == .client("pi-kitchen-02"))
        bench.press("1", ":", "client pi-k", "Tab", "Enter")
        #expect(bench.model.screen == .client("pi-kitchen-02"))
        bench.press("1", ":", "Up", "Enter")
        #expect(bench.model.screen == .client("pi-kitchen-02"))
        bench.press(":", "logs pi-hall-01/mqtt", "Enter")
        #expect(bench.model.screen == .logs(WorkloadID(client: "pi-hall-01", workload: "mqtt")))
        bench.press(":", "deployment 1.5.0", "Enter")
        #expect(bench.model.screen == .deployment("d-1"))
        bench.press(":", "nonsense", "Enter")
        #expect(bench.row(28).contains("there is no command 'nonsense'"))
        bench.press(":", "context PROD", "Enter", ":", "theme light", "Enter")
        #expect(bench.asked().suffix(2) == [.switchContext("PROD"), .setTheme("light")])
        bench.press(":", "q", "Enter")
        #expect(bench.asked() == [.quit])
    }

    @Test("A screen is dumped without the line that asked for it") func dump() {
        var bench = Bench()
        bench.press(":", "dump /tmp/x", "Enter")
        guard case .save(let path, let text)? = bench.asked().last else {
            Issue.record("nothing was saved")
            return
        }
        #expect(path == "/tmp/x" && text.contains("pi-garage-01") && !text.contains(":dump"))
    }

    @Test("Frozen is frozen, and says so") func freeze() {
        var bench = Bench()
        bench.press("z")
        bench.send(.fleet([.clientRemoved(ClientRemoval(client: "pi-garage-01"))]))
        bench.wait(20)
        #expect(bench.text.contains("pi-garage-01") && bench.row(0).contains("FROZEN 12:04:31Z, 20s old"))
        bench.press("z")
        bench.wait(10)
        #expect(!bench.text.contains("pi-garage-01"))
    }

    @Test("Where nothing comes any more, it says for how long, and ages stand still") func age() {
        var bench = Bench()
        bench.send(.link(.lost(reason: "gone", retryAt: Bench.now.advanced(seconds: 30))))
        bench.wait(22)
        #expect(bench.row(0).contains("RETRY 8s, data 22s old"))
        #expect(bench.text.contains("pi-kitchen-02                   STALE      1m") || bench.text.contains("1m"))
        bench.send(.link(.refused("the token is not known")))
        #expect(bench.row(0).contains("REFUSED, data 22s old"))
    }

    @Test("Back again, it says what has changed meanwhile") func away() {
        var bench = Bench()
        bench.send(.link(.lost(reason: "gone", retryAt: Bench.now)))
        bench.wait(41)
        bench.send(.link(.live))
        var next = Bench.snapshot
        next.clients.removeLast()
        next.clients[0].workloads[0].status = .failed
        bench.send(.fleet([.snapshot(next)]))
        #expect(bench.row(28).contains("connected again after 41s: 2 changes meanwhile"))
        bench.press("4")
        #expect(bench.text.contains("forgotten") && bench.text.contains("pi-garage-01/camera"))
    }

    @Test("Back again where nothing has changed, it says that") func awayUnchanged() {
        var bench = Bench()
        bench.send(.link(.lost(reason: "gone", retryAt: Bench.now)))
        bench.wait(5)
        bench.send(.link(.live))
        bench.wait(4)
        #expect(bench.row(28).contains("connected again after 5s: nothing changed"))
    }

    @Test("An unknown value is a dash") func unknown() {
        let bench = Bench(events: [
            .snapshot(
                FleetSnapshot(
                    clients: [ClientSnapshot(overview: ClientOverview(name: "new", status: .online), workloads: [])],
                    deployments: []))
        ])
        #expect(bench.row(3).split(separator: " ").filter { $0 == "-" }.count == 6, "\(bench.row(3))")
    }

    // MARK: Logs

    static func log(_ count: Int) -> (Bench, Int) {
        var bench = Bench()
        bench.press("Enter", "Enter")
        let number = bench.model.feed?.number ?? 0
        bench.send(.log(.lines(number: number, (0..<count).map { "line \($0)" })))
        return (bench, number)
    }

    @Test("Reading further up, nothing is dropped and the new ones are counted") func paused() {
        var (bench, number) = Self.log(100)
        bench.press("k")
        let row = bench.row(2)
        for _ in 0..<20 { bench.send(.log(.lines(number: number, (0..<1000).map { "new \($0)" }))) }
        #expect(bench.row(2) == row)
        #expect(bench.row(27).contains("PAUSED: 20000 new lines below - G to resume"))
        #expect(bench.model.place.text.buffer.first == 0)
        bench.press("G")
        #expect(bench.row(26).contains("new 999"))
    }

    @Test("Following, a log is bounded, and says how much was dropped") func bounded() {
        var (bench, number) = Self.log(0)
        for _ in 0..<20 { bench.send(.log(.lines(number: number, (0..<1000).map { "new \($0)" }))) }
        #expect(bench.model.place.text.buffer.lines.count <= TextBuffer.usual.lines * 9 / 8)
        #expect(bench.row(1).contains("dropped"))
    }

    @Test("Lines of a log that is no longer shown are dropped") func oldFeed() {
        var (bench, number) = Self.log(3)
        bench.press("Esc", "j")
        bench.wait(0)
        bench.send(.log(.lines(number: number, ["stray"])))
        #expect(!bench.text.contains("stray"))
    }

    @Test("Found matches are counted and gone through") func find() {
        var (bench, _) = Self.log(100)
        bench.press("/", "line 1", "Enter")
        #expect(bench.row(1).contains("find: line 1 11/11"), "from the end backwards: \(bench.row(1))")
        bench.press("n")
        #expect(bench.row(1).contains("1/11"))
        bench.press("N")
        #expect(bench.row(1).contains("11/11"))
        bench.press("&", "line 5", "Enter")
        #expect(bench.row(1).contains("filter 'line 5': 11"))
    }

    @Test("Wrapped, the end is at the bottom and every line can be reached") func wrap() {
        var (bench, number) = Self.log(0)
        bench.send(
            .log(.lines(number: number, (0..<30).map { "\($0)" + String(repeating: " word", count: 50) + " end\($0)" }))
        )
        bench.press("w")
        #expect(bench.text.contains("end29\n"))
        bench.press("g")
        var seen: Set<Int> = []
        for _ in 0..<40 {
            for index in 0..<30 where bench.text.contains("end\(index)\n") { seen.insert(index) }
            bench.press("j")
        }
        #expect(seen.count == 30)
    }

    @Test("What is saved is all of it, under a name that says what it is") func save() {
        var (bench, _) = Self.log(100)
        bench.press("s", "Enter")
        guard case .save(let path, let text)? = bench.asked().last else {
            Issue.record("nothing was saved")
            return
        }
        #expect(path == "pi-garage-01-camera-20260131T120431.log")
        #expect(text.split(separator: "\n").count == 100)
    }

    @Test("Below the smallest size no key does anything but quit") func tooSmall() {
        var bench = Bench(columns: 30, rows: 8)
        bench.press("Enter", "X", "y")
        #expect(bench.asked().isEmpty && bench.model.screen == .fleet)
        bench.press("q")
        #expect(bench.asked() == [.quit])
    }

    @Test(
        "Columns go in their order where there is no room",
        arguments: [
            (100, "NAME STATUS SEEN WORK CPU% MEM% DISK% VERSION UPTIME"),
            (80, "NAME STATUS SEEN WORK CPU% MEM% DISK%"),
            (60, "NAME STATUS SEEN WORK CPU% MEM%"), (40, "NAME STATUS SEEN WORK"),
        ]) func narrow(_ columns: Int, _ titles: String)
    {
        let bench = Bench(columns: columns)
        let row = bench.row(2).split(separator: " ").filter { $0 != "R/S/F" }.map { $0.filter { $0 != "^" } }
        #expect(row.joined(separator: " ") == titles)
    }

    @Test("The output of a deployment is followed while it runs, and asked for once more when it is over") func output()
    {
        var bench = Bench()
        bench.press("3", "Enter", "j", "j", "j", "Enter")
        let wanted = Effect.loadOutput(deployment: "d-1", client: "pi-lab-03")
        #expect(bench.asked().contains(wanted))
        for _ in 0..<4 { bench.wait(1) }
        #expect(bench.asked().filter { $0 == wanted }.count == 2)
        var done = Bench.deployment
        done.clientStatuses[3].status = .healthy
        bench.send(.fleet([.deployment(done)]))
        #expect(bench.asked() == [wanted])
        for _ in 0..<4 { bench.wait(1) }
        #expect(bench.asked().isEmpty)
    }

    @Test("A client is opened at the workload that is in trouble") func trouble() {
        var bench = Bench()
        bench.model.mirrorCursor("pi-kitchen-02")
        bench.press("Enter")
        #expect(bench.cursor == "pi-kitchen-02/camera")
        bench.press("]")
        #expect(bench.cursor == "pi-lab-03/camera", "where nothing is, at the first")
    }
}
