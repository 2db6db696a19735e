import DaemonCore
import FleetModel
import Testing

/// What surrounds a machine: runs that live and end in their own time, people, a clock, and a daemon that dies.
struct MachineWorld {
    var rig: MachineRig
    private(set) var isForgotten = false
    private let seed: UInt64
    private var random: SeededNumbers
    /// The run that lives; never more than one.
    private var live: Int64?
    private var isLaunching = false
    private var isGoingDown = false
    private var lastLaunched: Int64 = 0
    private var happened: [String] = []

    init(seed: UInt64) throws {
        self.seed = seed
        var random = SeededNumbers(seed: seed)
        let mode = RunMode.allCases[Int(random.below(3))]
        let everyMinute = mode == .schedule ? try CronExpression("* * * * *") : nil
        rig = MachineRig {
            $0.runMode = mode
            $0.schedule = everyMinute
            $0.restartDelay = random.below(2) == 0 ? 0 : 2
            $0.maxRuns = 3
            $0.maxRestarts = random.below(2) == 0 ? 2 : nil
            $0.timeout = random.below(2) == 0 ? 20 : nil
            $0.overlap = OverlapRule.allCases[Int(random.below(3))]
            $0.missedRuns = MissedRunsRule.allCases[Int(random.below(2))]
            $0.enabled = random.below(8) != 0
        }
        self.random = random
        tell(.begin)
    }

    // MARK: - What may happen

    mutating func step() {
        switch random.below(24) {
        case 0, 1: tell(.start)
        case 2, 3: tell(.stop)
        case 4: tell(.restart)
        case 5: tell(.redefined(restarting: random.below(2) == 0))
        case 6 where random.below(4) == 0:
            rig.machine.spec.enabled.toggle()
            tell(.redefined(restarting: true))
        case 7 where random.below(20) == 0:
            tell(.removed)
            // Some are back before they have gone.
            if !isForgotten, random.below(2) == 0 { tell(.redefined(restarting: true)) }
        case 8 where random.below(4) == 0: tell(.shutdown)
        case 9 where random.below(2) == 0: nextLife()
        case 10: jump()
        case 11...17: runGoesOn()
        default: pass(Double(random.below(400)) / 10)
        }
    }

    private mutating func jump() {
        rig.now.wall = rig.now.wall.advanced(seconds: Double(random.below(7200)) - 3600)
        tell(.tick)
    }

    private mutating func pass(_ seconds: Double) {
        rig.now.monotonic += seconds
        rig.now.wall = rig.now.wall.advanced(seconds: seconds)
        tell(.tick)
    }

    private mutating func runGoesOn() {
        // What was said of an earlier run comes late.
        if random.below(10) == 0 {
            let old = rig.generation - 1
            tell(random.below(2) == 0 ? .launched(generation: old, pid: 3) : ended(old))
        }
        guard let live else { return }
        guard isLaunching else {
            if random.below(2) == 0 { endRun(live) }
            return
        }
        isLaunching = false
        if random.below(5) == 0 {
            self.live = nil
            tell(.launchFailed(generation: live, reason: "no such file"))
        } else {
            tell(.launched(generation: live, pid: 7))
        }
    }

    private mutating func endRun(_ generation: Int64) {
        live = nil
        tell(ended(generation))
    }

    private mutating func ended(_ generation: Int64) -> WorkloadMachine.Event {
        let outcomes: [RunOutcome] = [.exited(0), .exited(1), .exited(3), .signalled(9), .unknown]
        return .ended(generation: generation, outcome: outcomes[Int(random.below(5))], detail: nil)
    }

    /// The daemon dies, with what it was just about to do, or the host does; then it is there again.
    mutating func nextLife() {
        note("next life")
        let chance = rig.chance
        let now = rig.now
        let spec = rig.machine.spec
        rig = MachineRig({ $0 = spec }, record: rig.record)
        rig.chance = chance
        rig.now = now
        isGoingDown = false
        isLaunching = false
        check(!rig.machine.isActive && rig.machine.deadlines.isEmpty, "something is due before it was begun")
        if let live {
            switch random.below(3) {
            case 0: self.live = nil  // and nobody knows how: a reboot
            case 1: endRun(live)
            default: tell(.recovered(generation: live, pid: 7, startedAt: rig.record.lastStarted ?? rig.now.wall))
            }
        }
        if !isForgotten, !rig.machine.isActive { tell(.begin) }
    }

    /// Lets time pass and runs end, and nothing else. True where there is nothing to wait for.
    mutating func settles() -> Bool {
        if let live {
            if isLaunching {
                isLaunching = false
                tell(.launched(generation: live, pid: 7))
            } else {
                endRun(live)
            }
        } else if let wait = rig.wait {
            pass(max(0, wait))
        } else {
            return true
        }
        return false
    }

    // MARK: - What must hold

    private mutating func tell(_ event: WorkloadMachine.Event) {
        guard !isForgotten else { return }
        note(String(describing: event))
        rig.chance = Double(random.below(100)) / 100
        rig.actions = []
        let before = rig.record
        if event == .shutdown { isGoingDown = true }
        let actions = rig.handle(event)
        // Stored and not done: the daemon died in between.
        if random.below(60) == 0 {
            nextLife()
            return
        }
        for action in actions { act(action) }
        compare(before, rig.record)
        if !isForgotten { look() }
        if event == .tick {
            check(rig.wait ?? 1 > 0, "it waits for a time that is past")
        }
    }

    private mutating func act(_ action: WorkloadMachine.Action) {
        switch action {
        case .launch(let generation):
            check(live == nil, "two generations live")
            check(generation > lastLaunched, "a generation comes twice")
            check(rig.record.wantedUp, "begun though it is wanted down")
            check(!isGoingDown, "begun while the daemon goes down")
            lastLaunched = generation
            live = generation
            isLaunching = true
        case .stop(let generation, _, _):
            check(generation == live, "a stop of a run that does not live")
        case .forget:
            check(live == nil, "forgotten while it lives")
            isForgotten = true
        }
    }

    private func compare(_ before: WorkloadRecord, _ after: WorkloadRecord) {
        check(after.runCount >= before.runCount, "the count of runs fell")
        check(after.generation >= before.generation, "the generation fell")
        check(after.generation - before.generation == Int64(after.runCount - before.runCount), "a run is not counted")
    }

    private func look() {
        let record = rig.record
        check(rig.machine.isActive == (live != nil), "it thinks that something lives, or does not know it")
        switch record.status {
        case .failed: check(record.lastError != nil, "failed without a reason")
        case .completed: check(record.lastExitCode == 0, "completed without success")
        case .stopped: check(!record.wantedUp, "stopped though it is wanted up")
        case .backoff: check(record.lastError != nil && record.nextRun != nil, "backoff without a reason or an end")
        case .registered: check(!record.wantedUp || isGoingDown, "wanted up, and nothing will begin it")
        case .scheduled: check(record.nextRun != nil, "scheduled for no time")
        case .starting, .running, .stopping: break
        }
        if record.status == .backoff || record.status == .scheduled {
            check(isGoingDown || rig.wait != nil, "it waits for nothing")
            check(record.wantedUp, "it will be begun though it is wanted down")
        }
    }

    private mutating func note(_ event: String) {
        // Only for the message of a failure: the last few are enough.
        if happened.count > 12 { happened.removeFirst(6) }
        happened.append(event)
    }

    private func check(_ holds: Bool, _ complaint: @autoclosure () -> String) {
        guard !holds else { return }
        Issue.record("seed \(seed), \(rig.status.rawValue): \(complaint()); \(happened.joined(separator: ", "))")
    }
}
