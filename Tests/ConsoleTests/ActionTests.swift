import FleetModel
import Testing

@testable import ConsoleCore

/// What changes the fleet: the right targets, and never by accident.
@Suite struct ActionTests {
    static let many = (1...14).map { "pi-\($0 < 10 ? "0" : "")\($0)" }

    static func bench(_ names: [String], isDanger: Bool = false) -> Bench {
        Bench(options: Bench.options(isDanger: isDanger), events: [.snapshot(Bench.snapshot(of: names))])
    }

    @Test("One target asks y/N, and only y does it", arguments: ["n", "Enter", "Esc", "x", "j", "Space"])
    func oneTarget(_ other: String) {
        var bench = Bench()
        bench.press("Enter", "R")
        #expect(bench.row(28).contains("restart pi-garage-01/camera? y/N"))
        bench.press(other)
        #expect(bench.targets(bench.asked()).isEmpty)
        #expect(bench.model.overlay == nil)
        bench.press("R", "y")
        #expect(bench.targets(bench.asked()) == ["pi-garage-01/camera"])
    }

    @Test("The target is the one under the cursor when the key was pressed, whatever happens to the row")
    func fixedTarget() {
        var bench = Bench()
        bench.press("2")
        let target = bench.cursor
        bench.press("X")
        bench.send(.fleet([.clientRemoved(ClientRemoval(client: "pi-garage-01"))]))
        bench.wait(10)
        #expect(bench.cursor != target)
        bench.press("y")
        #expect(bench.targets(bench.asked()) == [target])
    }

    @Test("A marked one is meant by its name when rows move") func marks() {
        var bench = Self.bench(["b", "c"])
        bench.press("j", "Space")
        bench.send(.fleet([.client(Bench.client("a"))]))
        bench.wait(10)
        #expect(bench.model.active.rows == ["a", "b", "c"])
        bench.press("L", "y")
        #expect(bench.targets(bench.asked()) == ["c"])
    }

    @Test("Ten and more ask for their number") func count() {
        var bench = Self.bench(Self.many)
        bench.press("*", "R", "camera", "Enter")
        #expect(bench.text.contains("RESTART camera on 14 clients"))
        bench.press("y", "1", "3", "Enter")
        #expect(bench.targets(bench.asked()).isEmpty, "neither y nor another number")
        bench.press("14", "Enter")
        #expect(bench.targets(bench.asked()).count == 14)
    }

    @Test("c does the first only") func firstOnly() {
        var bench = Self.bench(Self.many)
        bench.press("*", "R", "camera", "Enter", "c")
        #expect(bench.targets(bench.asked()) == ["pi-01/camera"])
    }

    @Test("Where there is danger, one target shows the list too") func danger() {
        var bench = Self.bench(["a"], isDanger: true)
        bench.press("Enter", "X")
        #expect(bench.text.contains("STOP camera on 1 client") && bench.text.contains(" PROD "))
        bench.press("Enter")
        #expect(bench.targets(bench.asked()).isEmpty)
    }

    @Test("Who is offline is skipped, who is stale is named") func staleAndOffline() {
        var bench = Bench()
        bench.press("*", "R", "camera", "Enter")
        #expect(bench.text.contains("1 STALE, last seen: pi-kitchen-02 1m14s"))
        #expect(bench.text.contains("1 OFFLINE, will be skipped: pi-lab-07"))
        bench.press("y")
        let targets = bench.targets(bench.asked())
        #expect(targets.count == 6 && !targets.contains("pi-lab-07/camera"))
    }

    @Test("A client that is offline alone is told nothing") func offlineAlone() {
        var bench = Bench()
        bench.model.mirrorCursor("pi-lab-07")
        bench.press("L")
        #expect(bench.model.overlay == nil && bench.row(28).contains("pi-lab-07 is OFFLINE"))
    }

    @Test("A workload that is on none of the clients is refused") func unknownWorkload() {
        var bench = Bench()
        bench.press("S", "cam", "Enter")
        #expect(bench.row(28).contains("there is no workload 'cam' on pi-garage-01"))
        bench.press("S", "cam", "Tab", "Enter", "y")
        #expect(bench.targets(bench.asked()) == ["pi-garage-01/camera"])
    }

    @Test("Without a connection nothing is changed, be it lost before the key or behind it", arguments: [true, false])
    func lost(_ isBefore: Bool) {
        var bench = Bench()
        bench.press("Enter")
        if !isBefore { bench.press("X") }
        bench.send(.link(.lost(reason: "gone", retryAt: Bench.now)))
        bench.press(isBefore ? "X" : "y")
        #expect(bench.row(28).contains("not connected"))
        bench.press("y")
        #expect(bench.targets(bench.asked()).isEmpty)
    }

    @Test("Back again, nothing is changed before what was missed has been seen") func backAgain() {
        var bench = Bench()
        bench.press("Enter")
        bench.send(.link(.lost(reason: "gone", retryAt: Bench.now)))
        bench.send(.link(.live))
        bench.press("X", "y")
        #expect(bench.targets(bench.asked()).isEmpty)
        bench.wait(4)
        bench.press("X", "y")
        #expect(bench.targets(bench.asked()) == ["pi-garage-01/camera"])
    }

    @Test("Results are told for each, and those that failed are tried again") func retry() {
        var bench = Self.bench(["a", "b", "c"])
        bench.press("*", "L", "y")
        #expect(bench.targets(bench.asked()) == ["a", "b", "c"])
        bench.send(.outcome(run: 1, target: 1, .failed("no answer")))
        #expect(bench.text.contains("FAILED  b: no answer") && bench.text.contains("1 of 3 answered"))
        bench.send(.outcome(run: 1, target: 1, .ok("twice")))
        bench.send(.outcome(run: 1, target: 0, .ok("")))
        bench.send(.outcome(run: 1, target: 2, .ok("")))
        #expect(bench.text.contains("1 failed: r = retry failed"))
        bench.press("r", "y")
        #expect(bench.targets(bench.asked()) == ["b"])
        bench.send(.outcome(run: 2, target: 0, .failed("still not")))
        #expect(bench.row(28).contains("reload b failed: still not (r tries again)"))
        bench.press("r", "y")
        #expect(bench.targets(bench.asked()) == ["b"])
    }

    @Test("With --read-only no key changes anything", arguments: ["S", "X", "R", "L", "D", "C", "P", ":stop Enter"])
    func readOnly(_ keys: String) {
        var options = Bench.options()
        options.isReadOnly = true
        options.keymap = Keymap.make(isReadOnly: true).0
        var bench = Bench(options: options)
        bench.press("Enter")
        _ = bench.asked()
        for key in keys.split(separator: " ") { bench.press(String(key)) }
        #expect(bench.model.overlay == nil && bench.asked().isEmpty)
        #expect(bench.row(28).contains("read-only"))
        #expect(!bench.row(29).contains("restart"))
    }

    @Test("A token that may only read is told so") func scopes() {
        var bench = Bench()
        bench.send(.access(AccessInfo(name: "wall", scopes: [.read], time: Bench.now)))
        bench.press("Enter", "X")
        #expect(bench.model.overlay == nil && bench.row(28).contains("the token of 'wall' may not do this"))
        #expect(!bench.row(29).contains("X stop"))
    }

    @Test("What is pasted is no keys, but text where text is asked for") func paste() {
        var bench = Bench()
        bench.press("Enter")
        bench.send(.key(.paste("Xy\ny")))
        #expect(bench.model.overlay == nil && bench.targets(bench.asked()).isEmpty)
        bench.press("Esc", "/")
        bench.send(.key(.paste("hall\nX")))
        #expect(bench.model.active.rows == ["pi-hall-01", "pi-hall-02"])
    }

    @Test("A deployment is cancelled, paused, and resumed when it is paused") func deployments() {
        var bench = Bench()
        bench.press("3", "P", "y")
        #expect(bench.asked() == [.perform(run: 1, .pause, [.deployment("d-1", version: "1.5.0")])])
        var paused = Bench.deployment
        paused.status = .paused
        bench.send(.fleet([.deployment(paused)]))
        bench.press("P", "y", "C", "y")
        #expect(
            bench.asked() == [
                .perform(run: 2, .resume, [.deployment("d-1", version: "1.5.0")]),
                .perform(run: 3, .cancel, [.deployment("d-1", version: "1.5.0")]),
            ])
        bench.press("j", "C")
        #expect(bench.row(28).contains("there is nothing to cancel"))
    }

    // MARK: Deploying

    static func planning(_ bench: inout Bench) {
        bench.press("D")
        bench.send(.releases(.value([ScreenTests.release("1.5.1"), ScreenTests.release("1.5.0")])))
    }

    @Test("A deployment goes to the marked, or else to the filtered, or else to the one under the cursor")
    func deployTargets() {
        for (keys, count) in [
            (["*"], 7), (["/", "hall", "Enter"], 2), (["j"], 1), (["Space", "Space", "/", "lab", "Enter"], 2),
        ] {
            var bench = Bench()
            for key in keys { bench.press(key) }
            Self.planning(&bench)
            bench.press("Enter")
            guard case .plan(let request)? = bench.asked().last else {
                Issue.record("no plan was asked for")
                continue
            }
            #expect(request.targetClients?.count == count && request.dryRun)
        }
    }

    @Test("It begins only behind its plan, with what the form says") func begin() {
        var bench = Bench()
        bench.press("*")
        Self.planning(&bench)
        bench.press("Right", "Down", "Backspace", "3", "Down", "Down", "Down", "Down", "Space", "Enter")
        bench.press("y")
        #expect(!bench.asked().contains { if case .deploy = $0 { true } else { false } }, "the plan is not here yet")
        bench.send(.plan(.value(Bench.deployment)))
        #expect(bench.text.contains("batch 1: pi-garage-01 (1.4.0)"))
        bench.press("y")
        guard case .deploy(let request)? = bench.asked().last else {
            Issue.record("nothing was deployed")
            return
        }
        #expect(request.version == "1.5.0" && request.batchSize == 3 && !request.autoRollback && !request.dryRun)
        bench.send(.begun(.value(Bench.deployment)))
        #expect(bench.model.screen == .deployment("d-1"))
    }

    @Test("A plan that the central refuses cannot be begun") func refused() {
        var bench = Bench()
        Self.planning(&bench)
        bench.press("Enter")
        var plan = Bench.deployment
        plan.refusals = [DeploymentRefusal(client: "pi-hall-01", reason: "is offline")]
        bench.send(.plan(.value(plan)))
        #expect(bench.text.contains("! pi-hall-01: is offline"))
        bench.press("y", "Enter")
        #expect(!bench.asked().contains { if case .deploy = $0 { true } else { false } })
    }

    @Test(
        "Numbers that cannot be are told at once",
        arguments: [("Down", "0", "batch size"), ("Down Down", "0", "healthy")])
    func badNumbers(_ field: String, _ digit: String, _ word: String) {
        var bench = Bench()
        Self.planning(&bench)
        for key in field.split(separator: " ") { bench.press(String(key)) }
        bench.press("Backspace", "Backspace", digit, "Enter")
        #expect(bench.text.contains("! the") && bench.text.contains(word))
        #expect(!bench.asked().contains { if case .plan = $0 { true } else { false } })
    }
}
