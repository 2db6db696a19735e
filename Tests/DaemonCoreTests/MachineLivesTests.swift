import DaemonCore
import FleetModel
import Testing

/// What passes from one life of the daemon to the next, and what the file says in between.
@Suite("From one life of the daemon to the next")
struct MachineLivesTests {
    private static func next(
        after rig: MachineRig, seconds: Double = 0, _ change: (inout WorkloadSpec) -> Void = { _ in }
    ) -> MachineRig {
        var spec = rig.machine.spec
        change(&spec)
        var next = MachineRig({ $0 = spec }, record: rig.record)
        next.now.wall = rig.now.wall.advanced(seconds: seconds)
        next.now.monotonic = 5
        return next
    }

    private static func hourly(_ change: (inout WorkloadSpec) -> Void = { _ in }) throws -> MachineRig {
        try MachineRig {
            $0.runMode = .schedule
            $0.schedule = try CronExpression("0 * * * *")
            change(&$0)
        }
    }

    @Test(
        "an end that only the keeper saw counts as if we had seen it",
        arguments: [(RunOutcome.exited(0), "scheduled"), (.exited(4), "backoff"), (.unknown, "backoff")])
    func endedMeanwhile(outcome: RunOutcome, status: String) {
        var first = MachineRig { $0.restartDelay = 5 }
        first.up()
        var next = Self.next(after: first)
        next.ended(outcome)
        #expect(next.status.rawValue == status)
        #expect(next.wait == 5)
        #expect(next.record.lastExitCode == (outcome == .unknown ? nil : outcome == .exited(0) ? 0 : 4))
        if outcome != .exited(0) { #expect(next.record.lastError == outcome.description) }
    }

    @Test("an end of another run than the record's is not this one's", arguments: [0, 2] as [Int64])
    func otherRun(generation: Int64) {
        var first = MachineRig()
        first.up()
        var next = Self.next(after: first)
        next.handle(.ended(generation: generation, outcome: .exited(9), detail: nil))
        #expect(next.record.lastExitCode == nil)
        next.handle(.begin)
        #expect(next.actions == [.launch(generation: 2)])
    }

    @Test("a stop that was cut short is gone on with, whether the run still lives or not")
    func stopCutShort() {
        var first = MachineRig { $0.stopSignal = .int }
        first.up()
        first.handle(.stop)
        var lives = Self.next(after: first)
        lives.handle(.recovered(generation: 1, pid: 100, startedAt: first.now.wall))
        #expect(lives.actions == [.stop(generation: 1, signal: 2, timeout: 10)])
        lives.ended(.signalled(2))
        #expect(lives.status == .stopped)
        var ended = Self.next(after: first)
        ended.ended(.signalled(2))
        #expect(ended.status == .stopped)
        ended.handle(.begin)
        #expect(ended.actions.isEmpty)
    }

    @Test("what waits for others in its next life can be started, stopped and shut down, though it ran when the host died")
    func heldAfterReboot() {
        var first = MachineRig()
        first.up()
        var started = Self.next(after: first)
        started.handle(.start)
        #expect(started.actions == [.launch(generation: 2)])
        var stopped = Self.next(after: first)
        stopped.handle(.stop)
        #expect(stopped.status == .stopped)
        var down = Self.next(after: first)
        down.handle(.shutdown)
        #expect(down.actions.isEmpty)
        #expect(down.record.wantedUp)
    }

    @Test("a run that outlives its timeout in the next life has been running since its start")
    func timeoutGoesOn() {
        var first = MachineRig { $0.timeout = 100 }
        first.up()
        var next = Self.next(after: first, seconds: 70)
        next.handle(.recovered(generation: 1, pid: 100, startedAt: first.now.wall))
        #expect(next.wait == 30)
        next.pass(30)
        #expect(next.status == .stopping)
    }

    @Test("a long run forgives failures in the next life too, a short one does not", arguments: [(59.0, 10.0), (60, 5)])
    func forgivenAcrossLives(lasted: Double, delay: Double) {
        var first = MachineRig { $0.restartDelay = 5 }
        first.up()
        first.ended(.exited(1))
        first.pass(5)
        first.launched()
        var next = Self.next(after: first, seconds: lasted)
        next.handle(.recovered(generation: 2, pid: 100, startedAt: first.now.wall))
        next.ended(.exited(1))
        #expect(next.wait == delay)
    }

    @Test(
        "a run missed while the daemon was down is made up, though the run before it ended in that time as well",
        arguments: MissedRunsRule.allCases)
    func missedBehindARun(rule: MissedRunsRule) throws {
        var first = try Self.hourly { $0.missedRuns = rule }
        first.handle(.begin)
        first.pass(3600)
        first.launched()
        var next = Self.next(after: first, seconds: 5400)
        next.ended(.exited(0))
        next.handle(.begin)
        #expect(next.status == (rule == .once ? .starting : .scheduled))
        #expect(next.record.runCount == (rule == .once ? 2 : 1))
    }

    @Test(
        "a run that ends at the very time of the next one is not in its way",
        arguments: [(OverlapRule.skip, WorkloadStatus.scheduled), (.queue, .starting), (.kill, .starting)])
    func endsAtTheTime(rule: OverlapRule, status: WorkloadStatus) throws {
        var rig = try Self.hourly { $0.overlap = rule }
        rig.handle(.begin)
        rig.pass(3600)
        rig.launched()
        // Its end is told before the timer has rung.
        rig.now.wall = try #require(rig.record.nextRun)
        rig.ended(.exited(0))
        #expect(rig.status == status)
        #expect(rig.record.nextRun == Timestamp("2026-03-02T13:00:00Z"))
    }

    @Test("a schedule that is down for long makes up one run, not each", arguments: [1, 3, 100])
    func noBurst(hours: Int) throws {
        var first = try Self.hourly { $0.missedRuns = .once }
        first.handle(.begin)
        var next = Self.next(after: first, seconds: Double(hours) * 3600)
        next.handle(.begin)
        for _ in 0..<5 {
            if next.status == .starting { next.launched() }
            if next.status == .running { next.ended(.exited(0)) }
            next.handle(.tick)
        }
        #expect(next.record.runCount == 1)
    }

    @Test(
        "`enabled: false` in the file takes it down whatever it does, and `true` brings it back",
        arguments: [WorkloadStatus.starting, .running, .backoff, .scheduled, .failed])
    func disabled(state: WorkloadStatus) {
        var rig = MachineTableTests.rig(in: state)
        rig.machine.spec.enabled = false
        rig.handle(.redefined(restarting: true))
        if rig.status == .stopping { rig.ended(.signalled(15)) }
        #expect(rig.status == .stopped)
        rig.pass(7200)
        #expect(rig.status == .stopped)
        rig.machine.spec.enabled = true
        rig.handle(.redefined(restarting: true))
        #expect(rig.status == .starting)
    }

    @Test("a schedule that the file disables fires no more, and its next life knows that")
    func disabledSchedule() throws {
        var rig = try Self.hourly()
        rig.handle(.begin)
        rig.machine.spec.enabled = false
        rig.handle(.redefined(restarting: true))
        #expect(rig.record.nextRun == nil)
        rig.pass(7200)
        #expect(rig.actions.isEmpty)
        var meanwhile = Self.next(after: try { var rig = try Self.hourly(); rig.handle(.begin); return rig }()) {
            $0.enabled = false
        }
        meanwhile.handle(.begin)
        #expect(meanwhile.record.nextRun == nil)
        meanwhile.pass(7200)
        #expect(meanwhile.actions.isEmpty)
    }

    @Test("start of one that is just being stopped counts as anew, like start of one that is stopped")
    func startWhileStopping() {
        for early in [true, false] {
            var rig = MachineRig {
                $0.runMode = .nTimes
                $0.maxRuns = 2
                $0.restartDelay = 0
            }
            rig.up()
            rig.ended(.exited(0))
            rig.launched()
            rig.handle(.stop)
            if early { rig.handle(.start) }
            rig.ended(.signalled(15))
            if !early { rig.handle(.start) }
            rig.launched()
            rig.ended(.exited(0))
            #expect(rig.status == .starting, "early: \(early)")
            rig.launched()
            rig.ended(.exited(0))
            #expect(rig.status == .completed)
        }
    }

    @Test("down and up again: what waited to be tried again or for its time is begun again", arguments: RunMode.allCases)
    func downAndUp(mode: RunMode) throws {
        var rig = try MachineRig {
            $0.runMode = mode
            $0.maxRuns = 3
            if mode == .schedule { $0.schedule = try CronExpression("@hourly") }
        }
        rig.handle(.begin)
        if mode != .schedule {
            rig.launched()
            rig.ended(.exited(1))
        }
        rig.handle(.shutdown)
        rig.actions = []
        rig.pass(3600)
        #expect(rig.actions.isEmpty)
        var next = Self.next(after: rig)
        next.handle(.begin)
        #expect(next.status == (mode == .schedule ? .scheduled : .starting))
        if mode == .nTimes { #expect(next.record.finishedRuns == 1) }
    }
}
