import FleetModel
import Testing

@testable import DaemonCore

@Suite("The machine of a run")
struct RunMachineTests {
    private static func running(_ generation: Int64 = 1) -> RunMachine {
        var run = RunMachine()
        _ = run.handle(.launch(generation: generation))
        _ = run.handle(.spawned(connection: 1))
        _ = run.handle(.said(.hello(protocol: 1, pid: 50, generation: generation), connection: 1))
        _ = run.handle(.said(.started(pid: 51, startTicks: 1, at: Timestamp(milliseconds: 0)), connection: 1))
        return run
    }

    private static func pause(_ actions: [RunMachine.Action]) -> Double? {
        for case .rest(let seconds) in actions { return seconds }
        return nil
    }

    /// Answers each try alike until there is none any more: the pauses between them, and what came then.
    private static func pauses(
        _ run: inout RunMachine, _ event: RunMachine.Event, atMost: Int = 1000
    ) -> ([Double], [RunMachine.Action]) {
        var pauses: [Double] = []
        var actions = run.handle(event)
        while let seconds = pause(actions), pauses.count < atMost {
            pauses.append(seconds)
            _ = run.handle(.rested)
            actions = run.handle(event)
        }
        return (pauses, actions)
    }

    @Test("a keeper that holds its lock and cannot be reached is tried ever more slowly, and given up with one end")
    func keptWithoutSocket() {
        var run = Self.running()
        #expect(run.handle(.lost(connection: 1)) == [.look])
        let (pauses, last) = Self.pauses(&run, .silent)
        #expect(pauses.first == 0.01 && pauses.last == 1 && pauses == pauses.sorted())
        #expect((30...120).contains(pauses.reduce(0, +)))
        #expect(last == [.warn(.unreachable), .fail(.unreachable), .disconnect, .forget])
        #expect(run.handle(.rested) == [] && run.handle(.acknowledged) == [])
    }

    @Test("a folder that an unknown keeper holds, or a process without one, is given up within seconds, with one end")
    func folderKept() {
        for keeping in [RunMachine.Keeping.keeper, .orphan(pid: 7)] {
            var run = RunMachine()
            #expect(run.handle(.launch(generation: 1)) == [.spawn(adopting: nil)])
            let (pauses, last) = Self.pauses(&run, .kept(keeping))
            #expect(pauses.last == 1 && pauses == pauses.sorted() && (5...20).contains(pauses.reduce(0, +)))
            #expect(last == [.fail(.folderKept(keeping)), .disconnect, .forget])
        }
    }

    @Test("an earlier run in its folder is waited for as long as that takes, and a stop ends the waiting at once")
    func waits() {
        var table = RunTable()
        table.add("old", in: "a")
        table.add("new", in: "a")
        #expect(table.handle(.find(generation: 1), for: "old") == [.look])
        #expect(Self.pause(table.handle(.launch(generation: 1), for: "new")) != nil)
        var longest = 0.0
        for _ in 0..<500 { longest = max(longest, Self.pause(table.handle(.rested, for: "new")) ?? .infinity) }
        #expect(longest == 1)
        // A third one waits, too, and the second does not wait for it.
        table.add("third", in: "a")
        #expect(Self.pause(table.handle(.launch(generation: 2), for: "third")) != nil)
        #expect(table.handle(.stop("stop 15 1\n"), for: "third").first == .fail(.stoppedBefore))
        #expect(table["third"] == nil)
        _ = table.handle(.remains(.gone), for: "old")
        #expect(table.handle(.rested, for: "new") == [.spawn(adopting: nil)])
    }

    @Test("a keeper that says it leads another launch is not listened to")
    func anothersKeeper() {
        var run = Self.running(4)
        _ = run.handle(.lost(connection: 1))
        _ = run.handle(.reached(connection: 2))
        let actions = run.handle(.said(.hello(protocol: 1, pid: 60, generation: 5), connection: 2))
        #expect(actions.first == .disconnect && Self.pause(actions) != nil)
        #expect(run.handle(.said(.ended(.exited(0)), connection: 2)) == [])
        #expect(run.holdsFolder)
    }

    @Test("while its process lives, a run that no keeper can be made for has not ended")
    func cannotBeWatched() throws {
        let text = "generation=1\nrun_id=r\nboot_id=b\npid=51\nstart=1\n"
        let record = try #require(KeeperRecord(text: text))
        var run = Self.running()
        #expect(run.handle(.lost(connection: 1)) == [.look])
        for round in 0..<100 {
            #expect(run.handle(.remains(.orphan(record))).last == .spawn(adopting: record))
            let actions = run.handle(.refused("no more processes"))
            #expect(Self.pause(actions) != nil)
            #expect((round == 0) == actions.contains(.warn(.cannotBeWatched("no more processes"))))
            #expect(run.handle(.rested) == [.look])
        }
        #expect(run.handle(.remains(.gone)) == [.tell(.ended(.unknown))])
    }

    @Test("keepers that die as soon as they have said a word are made ever more slowly")
    func dyingKeepers() throws {
        var run = Self.running()
        var slowest = 0.0
        for connection in 1..<30 {
            slowest = Self.pause(run.handle(.lost(connection: connection))) ?? 0
            _ = run.handle(.rested)
            _ = run.handle(.reached(connection: connection + 1))
            _ = run.handle(.said(.hello(protocol: 1, pid: 60, generation: 1), connection: connection + 1))
            let start = KeeperMessage.started(pid: 51, startTicks: 1, at: Timestamp(milliseconds: 0))
            #expect(run.handle(.said(start, connection: connection + 1)) == [])
        }
        #expect(slowest == 1)
    }

    @Test("whoever waits for an answer gets one, whatever the keeper does")
    func introduction() {
        var run = RunMachine()
        _ = run.handle(.find(generation: 3))
        _ = run.handle(.reached(connection: 1))
        #expect(run.handle(.introductionOver) == [.warn(.noIntroduction), .answer(nil), .disconnect, .forget])
        var quick = RunMachine()
        _ = quick.handle(.find(generation: 3))
        #expect(quick.handle(.remains(.ended(.exited(2)))) == [.answer(.ended(.exited(2)))])
        #expect(quick.handle(.introductionOver) == [])
        #expect(quick.handle(.acknowledged) == [.removeRecord, .forget])
    }

    @Test(
        "a stop_timeout of any length stays that long, as far as a keeper can count",
        arguments: [
            (0.2, 200), (86_401, 86_401_000), (2_147_483.6, 2_147_483_600), (2_147_484, 2_147_483_647),
            (1e300, 2_147_483_647), (-1, 0),
        ] as [(Double, Int32)])
    func longTimeout(seconds: Double, milliseconds: Int32) {
        #expect(KeeperRequest.milliseconds(seconds) == milliseconds)
    }
}

@Suite("What waits to be told of runs")
struct RunEventQueueTests {
    @Test("all beginnings and ends are heard in their order, and of what is told again and again the newest")
    func bounded() async {
        let queue = RunEventQueue()
        func put(_ id: String, _ kind: RunEvent.Kind) { queue.put(RunEvent(runID: id, name: "w", kind: kind)) }
        put("a", .started(pid: 2, keeper: nil))
        for count in 0..<10_000 {
            put("a", .logTrouble("full \(count)"))
            put("a", .stuck(count))
            put("b", .logTrouble("full"))
        }
        put("a", .ended(.exited(0)))
        put("a", .logTrouble(nil))
        queue.finish()
        put("a", .stuck(1))
        var heard: [RunEvent] = []
        while let event = await queue.next() { heard.append(event) }
        #expect(
            heard.map(\.kind) == [
                .started(pid: 2, keeper: nil), .stuck(9999), .logTrouble("full"), .ended(.exited(0)), .logTrouble(nil),
            ])
    }

    @Test("a reader that is cancelled hears no more, and the next one hears what comes then")
    func cancelled() async {
        let queue = RunEventQueue()
        let reader = Task { await queue.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        queue.put(RunEvent(runID: "a", name: "w", kind: .stuck(1)))
        #expect(await queue.next()?.kind == .stuck(1))
    }
}
