import DaemonCore
import FleetModel
import Testing

@Suite("The life of a workload, as a value")
struct MachineTests {
    // MARK: - forever

    @Test("a service that fails again and again waits twice as long each time, at least 0.1 s and at most 60 s")
    func backoff() {
        var rig = MachineRig { $0.restartDelay = 5 }
        rig.up()
        var waits: [Double] = []
        for _ in 0..<6 {
            rig.ended(.exited(1))
            #expect(rig.status == .backoff)
            waits.append(rig.wait ?? -1)
            rig.pass(waits.last ?? 0)
            rig.launched()
        }
        #expect(waits == [5, 10, 20, 40, 60, 60])
        #expect(rig.record.restarts == 6)
    }

    @Test("jitter adds at most a quarter, and none to the first delay")
    func jitter() {
        #expect(RestartPolicy.delay(restartDelay: 4, failuresInRow: 1, chance: 0.999) == 4)
        #expect(RestartPolicy.delay(restartDelay: 4, failuresInRow: 2, chance: 1) == 10)
        #expect(RestartPolicy.delay(restartDelay: 0, failuresInRow: 2, chance: 0) == 0.1)
        #expect(RestartPolicy.delay(restartDelay: 0, failuresInRow: 1, chance: 0.5) == 0)
        #expect(RestartPolicy.delay(restartDelay: 300, failuresInRow: 9, chance: 0) == 300)
        #expect(RestartPolicy.delay(restartDelay: 0.01, failuresInRow: .max, chance: 0) == 60)
    }

    @Test("a run of 60 s forgives the failures before it")
    func forgiving() {
        var rig = MachineRig { $0.restartDelay = 5 }
        rig.up()
        for _ in 0..<3 {
            rig.ended(.exited(1))
            rig.pass((rig.wait ?? 0) + 0.001)
            rig.launched()
        }
        rig.pass(60)
        rig.ended(.exited(1))
        #expect(rig.wait == 5)
    }

    @Test("a clean exit waits the restart delay alone, and is no trouble")
    func cleanExit() {
        var rig = MachineRig { $0.restartDelay = 5 }
        rig.chance = 0.9
        rig.up()
        for _ in 0..<4 {
            rig.ended(.exited(0))
            #expect(rig.status == .scheduled)
            #expect(rig.wait == 5)
            #expect(rig.record.lastError == nil)
            rig.pass(5)
            rig.launched()
        }
    }

    @Test("without max_restarts it never gives up; with it, it does once there were too many within the window")
    func maxRestarts() {
        var rig = MachineRig {
            $0.restartDelay = 1
            $0.maxRestarts = 3
            $0.restartWindow = 100
        }
        rig.up()
        for _ in 0..<3 {
            rig.ended(.signalled(11))
            #expect(rig.status == .backoff)
            rig.pass((rig.wait ?? 0) + 0.001)
            rig.launched()
        }
        rig.ended(.signalled(11))
        #expect(rig.status == .failed)
        #expect(rig.record.lastError?.contains("3 restarts") == true)
        #expect(rig.record.lastError?.contains("SEGV") == true)
        #expect(rig.record.lastSignal == "SEGV")
        rig.handle(.start)
        #expect(rig.status == .starting)
    }

    @Test("old restarts outside the window do not count")
    func restartWindow() {
        var rig = MachineRig {
            $0.restartDelay = 1
            $0.maxRestarts = 1
            $0.restartWindow = 100
        }
        rig.up()
        for _ in 0..<5 {
            rig.pass(200)
            rig.ended(.exited(1))
            #expect(rig.status == .backoff)
            rig.pass((rig.wait ?? 0) + 0.001)
            rig.launched()
        }
    }

    @Test("what can't be started is a failed run that says why")
    func launchFailed() {
        var rig = MachineRig()
        rig.handle(.begin)
        rig.handle(.launchFailed(generation: rig.generation, reason: "no such file"))
        #expect(rig.status == .backoff)
        #expect(rig.record.lastError == "no such file")
        #expect(rig.record.lastExitCode == nil)
    }

    // MARK: - n_times

    @Test("n_times runs max_runs times with the delay between them, and the last run decides", arguments: [0, 3])
    func nTimes(code: Int32) {
        var rig = MachineRig {
            $0.runMode = .nTimes
            $0.maxRuns = 3
            $0.restartDelay = 2
        }
        rig.up()
        for _ in 0..<2 {
            rig.ended(.exited(1))
            #expect(rig.wait == 2)
            rig.pass(2)
            rig.launched()
        }
        rig.ended(.exited(code))
        #expect(rig.status == (code == 0 ? .completed : .failed))
        #expect(rig.record.runCount == 3)
        #expect(rig.machine.deadlines.isEmpty)
    }

    @Test("the count of runs goes on in the next life of the daemon")
    func countSurvives() {
        var rig = MachineRig {
            $0.runMode = .nTimes
            $0.maxRuns = 2
        }
        rig.up()
        rig.ended(.exited(0))
        var next = MachineRig(
            {
                $0.runMode = .nTimes
                $0.maxRuns = 2
            }, record: rig.record)
        next.handle(.begin)
        next.pass(5)
        next.launched()
        next.ended(.exited(0))
        #expect(next.status == .completed)
        var last = MachineRig(
            {
                $0.runMode = .nTimes
                $0.maxRuns = 2
            }, record: next.record)
        last.handle(.begin)
        #expect(last.status == .completed)
        #expect(last.actions.isEmpty)
    }

    @Test("start on a finished one begins anew")
    func startAgain() {
        var rig = MachineRig { $0.runMode = .nTimes }
        rig.up()
        rig.ended(.exited(1))
        #expect(rig.status == .failed)
        rig.handle(.start)
        rig.launched()
        rig.ended(.exited(0))
        #expect(rig.status == .completed)
        #expect(rig.record.runCount == 2)
    }

    // MARK: - schedule

    private static func hourly(_ change: (inout WorkloadSpec) -> Void = { _ in }) throws -> MachineRig {
        try MachineRig {
            $0.runMode = .schedule
            $0.schedule = try CronExpression("0 * * * *")
            change(&$0)
        }
    }

    @Test("a schedule waits, runs at its time, and waits for the next")
    func schedule() throws {
        var rig = try Self.hourly()
        rig.handle(.begin)
        #expect(rig.status == .scheduled)
        #expect(rig.record.nextRun == Timestamp("2026-03-02T11:00:00Z"))
        rig.pass(59 * 60)
        #expect(rig.status == .scheduled)
        rig.pass(31)
        #expect(rig.status == .starting)
        rig.launched()
        rig.ended(.exited(7))
        #expect(rig.status == .scheduled)
        #expect(rig.record.nextRun == Timestamp("2026-03-02T12:00:00Z"))
        #expect(rig.record.lastExitCode == 7)
    }

    @Test("start runs it now, stop ends the run and suspends the schedule until start")
    func startAndStop() throws {
        var rig = try Self.hourly()
        rig.handle(.begin)
        rig.handle(.start)
        rig.launched()
        rig.handle(.stop)
        rig.ended(.signalled(15))
        #expect(rig.status == .stopped)
        #expect(rig.record.nextRun == nil)
        rig.pass(7200)
        #expect(rig.status == .stopped)
        rig.handle(.start)
        #expect(rig.status == .starting)
        #expect(rig.record.nextRun != nil)
    }

    @Test(
        "however a run ends and whatever the delay is, a workload is started ten times a second at most (V15)",
        arguments: [RunMode.forever, .nTimes], [RunOutcome.exited(0), .exited(1), .signalled(9)])
    func shortRuns(mode: RunMode, outcome: RunOutcome) {
        var rig = MachineRig {
            $0.runMode = mode
            $0.maxRuns = 1000
            $0.restartDelay = 0
        }
        rig.up()
        let begun = rig.now.monotonic
        for _ in 0..<20 {
            rig.pass(0.01)
            rig.ended(outcome)
            rig.pass((rig.wait ?? 0) + 0.001)
            rig.launched()
        }
        #expect(rig.record.runCount == 21)
        #expect(rig.now.monotonic - begun >= 1.99)
    }

    @Test("one that lived longer than that is started again at once where its delay is 0")
    func longerRuns() {
        var rig = MachineRig { $0.restartDelay = 0 }
        rig.up()
        rig.pass(0.2)
        rig.ended(.exited(0))
        #expect(rig.status == .starting)
    }

    @Test("a program that cannot be started is no exception")
    func unstartable() {
        var rig = MachineRig { $0.restartDelay = 0 }
        rig.handle(.begin)
        rig.handle(.launchFailed(generation: rig.generation, reason: "no"))
        #expect(rig.status == .backoff)
        #expect((rig.wait ?? 0) > 0.09)
    }

    @Test("the clock that jumps ahead causes no burst, and one that is set back no long wait")
    func clockJumps() throws {
        var rig = try Self.hourly()
        rig.handle(.begin)
        rig.now.wall = rig.now.wall.advanced(seconds: 10 * 3600 + 600)
        rig.handle(.tick)
        #expect(rig.status == .scheduled)
        #expect(rig.record.nextRun == Timestamp("2026-03-02T21:00:00Z"))
        rig.now.wall = Timestamp("2026-03-02T05:30:00Z") ?? rig.now.wall
        rig.handle(.tick)
        #expect(rig.record.nextRun == Timestamp("2026-03-02T06:00:00Z"))
        #expect(rig.record.runCount == 0)
    }

    @Test(
        "a schedule that fires while the last run lives",
        arguments: [(OverlapRule.skip, 0, 0), (.queue, 0, 1), (.kill, 1, 1)])
    func overlap(rule: OverlapRule, stops: Int, further: Int) throws {
        var rig = try Self.hourly { $0.overlap = rule }
        rig.handle(.begin)
        rig.pass(3600)
        rig.launched()
        rig.pass(3600)
        #expect(rig.actions.filter { if case .stop = $0 { true } else { false } }.count == stops)
        rig.ended(.exited(0))
        #expect(rig.record.runCount == 1 + further)
        #expect(rig.status == (further == 1 ? .starting : .scheduled))
    }

    @Test("a run missed while the daemon was down is made up once, or not", arguments: MissedRunsRule.allCases)
    func missedRuns(rule: MissedRunsRule) throws {
        func hourly(_ spec: inout WorkloadSpec) throws {
            spec.runMode = .schedule
            spec.schedule = try CronExpression("0 * * * *")
            spec.missedRuns = rule
        }
        var rig = try MachineRig(hourly)
        rig.handle(.begin)
        var next = try MachineRig(hourly, record: rig.record)
        next.now.wall = rig.now.wall.advanced(seconds: 5 * 3600)
        next.handle(.begin)
        #expect(next.status == (rule == .once ? .starting : .scheduled))
        #expect(next.record.nextRun == Timestamp("2026-03-02T16:00:00Z"))
    }

    // MARK: - The operator

    @Test("a stop by hand holds in the next life of the daemon, until start", arguments: RunMode.allCases)
    func stopHolds(mode: RunMode) throws {
        let change = { (spec: inout WorkloadSpec) throws in
            spec.runMode = mode
            spec.maxRuns = 5
            if mode == .schedule { spec.schedule = try CronExpression("@hourly") }
        }
        var rig = try MachineRig(change)
        rig.handle(.begin)
        rig.handle(.stop)
        if rig.machine.isActive { rig.ended(.signalled(15)) }
        var next = try MachineRig(change, record: rig.record)
        next.handle(.begin)
        #expect(next.status == .stopped)
        next.handle(.redefined(restarting: true))
        #expect(next.status == .stopped)
        #expect(next.actions.isEmpty)
        next.handle(.start)
        #expect(next.status == .starting)
    }

    @Test("a run that outlives its timeout is stopped and has failed")
    func timeout() {
        var rig = MachineRig {
            $0.timeout = 30
            $0.stopTimeout = 7
        }
        rig.up()
        #expect(rig.wait == 30)
        rig.pass(30)
        #expect(rig.status == .stopping)
        #expect(rig.actions.last == .stop(generation: 1, signal: 15, timeout: 7))
        rig.ended(.exited(0))
        #expect(rig.status == .backoff)
        #expect(rig.record.lastError?.contains("timeout of 30 s") == true)
    }

    @Test("restart of what runs stops it first and starts it then; of what does not, starts it")
    func restart() {
        var rig = MachineRig()
        rig.up()
        rig.handle(.restart)
        #expect(rig.status == .stopping)
        rig.ended(.signalled(15))
        #expect(rig.status == .starting)
        #expect(rig.generation == 2)
        var idle = MachineRig { $0.enabled = false }
        idle.handle(.begin)
        #expect(idle.status == .registered)
        idle.handle(.restart)
        #expect(idle.status == .starting)
    }

    @Test("what the file says of `enabled` counts when it changes, and the operator's word until then")
    func enabled() {
        var rig = MachineRig { $0.enabled = false }
        rig.handle(.begin)
        #expect(rig.actions.isEmpty)
        rig.handle(.start)
        rig.launched()
        var next = MachineRig({ $0.enabled = false }, record: rig.record)
        next.handle(.begin)
        #expect(next.status == .starting)
        next.launched()
        next.machine.spec.enabled = true
        next.handle(.redefined(restarting: true))
        next.ended(.signalled(15))
        next.launched()
        next.machine.spec.enabled = false
        next.handle(.redefined(restarting: true))
        next.ended(.signalled(15))
        #expect(next.status == .stopped)
    }

    @Test("a change of tags restarts nothing")
    func tagsOnly() {
        var rig = MachineRig()
        rig.up()
        #expect(rig.handle(.redefined(restarting: false)).isEmpty)
        #expect(rig.status == .running)
    }

    @Test("what is removed is stopped and then forgotten; what does not run is forgotten at once")
    func removed() {
        var rig = MachineRig()
        rig.up()
        rig.handle(.removed)
        #expect(rig.status == .stopping)
        rig.ended(.signalled(15))
        #expect(rig.actions.last == .forget)
        var idle = MachineRig { $0.enabled = false }
        #expect(idle.handle(.removed) == [.forget])
    }

    @Test("going down leaves what is wanted as it is, and nothing is begun after it")
    func shutdown() {
        var rig = MachineRig()
        rig.up()
        rig.handle(.shutdown)
        rig.ended(.signalled(15))
        #expect(rig.status == .registered)
        #expect(rig.record.wantedUp)
        rig.handle(.start)
        rig.pass(3600)
        #expect(rig.status == .registered)
    }

    @Test("an event of an old generation changes nothing")
    func oldGeneration() {
        var rig = MachineRig()
        rig.up()
        rig.handle(.restart)
        rig.ended(.signalled(15))
        rig.launched(pid: 200)
        let before = rig.record
        rig.handle(.ended(generation: 1, outcome: .exited(1), detail: nil))
        rig.handle(.launched(generation: 1, pid: 5))
        rig.handle(.launchFailed(generation: 1, reason: "old"))
        #expect(rig.record == before)
        #expect(rig.machine.pid == 200)
    }

    @Test("a run of an earlier life goes on with its pid, count and start")
    func recovered() throws {
        var rig = MachineRig()
        rig.up()
        let started = try #require(rig.record.lastStarted)
        var next = MachineRig(record: rig.record)
        next.now.wall = rig.now.wall.advanced(seconds: 100)
        next.handle(.recovered(generation: 1, pid: 100, startedAt: started))
        next.handle(.begin)
        #expect(next.status == .running)
        #expect(next.actions.isEmpty)
        #expect(next.record.runCount == 1)
        #expect(next.machine.uptime(at: next.now) == 100)
    }

    @Test("one that ran when the host went down is begun anew")
    func rebooted() {
        var rig = MachineRig()
        rig.up()
        var next = MachineRig(record: rig.record)
        next.handle(.begin)
        #expect(next.actions == [.launch(generation: 2)])
    }
}
