import DaemonCore
import FleetModel
import TestSupport
import Testing

@Suite("Random lives of a workload")
struct MachineSequenceTests {
    /// What the world outside does with the machine's actions: at most one run lives, and ends in its own time.
    private struct World {
        var rig: MachineRig
        var live: Int64?
        var isLaunching = false
        var isStopping = false
        var isForgotten = false

        mutating func act(_ actions: [WorkloadMachine.Action]) {
            for action in actions {
                switch action {
                case .launch(let generation):
                    #expect(live == nil, "two generations live")
                    live = generation
                    isLaunching = true
                    isStopping = false
                case .stop(let generation, _, _):
                    #expect(generation == live, "a stop for a run that does not live")
                    isStopping = true
                case .forget:
                    #expect(live == nil, "forgotten while it lives")
                    isForgotten = true
                }
            }
        }

        mutating func tell(_ event: WorkloadMachine.Event) { act(rig.handle(event)) }
    }

    private static let outcomes: [RunOutcome] = [.exited(0), .exited(1), .exited(3), .signalled(9), .unknown]

    @Test("whatever happens: one run at a time, a stop holds, counts never fall, each end is explained")
    func invariants() async throws {
        for seed in 1...1500 as ClosedRange<UInt64> {
            try live(seed: seed)
            // Others run at the same time on the same few threads, and some of them have to be in time.
            await Task.yield()
        }
    }

    private func live(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let mode = RunMode.allCases.randomElement(using: &random) ?? .forever
        var world = World(
            rig: try MachineRig {
                $0.runMode = mode
                $0.restartDelay = Bool.random(using: &random) ? 0 : 2
                $0.maxRuns = 3
                $0.maxRestarts = Bool.random(using: &random) ? 2 : nil
                $0.timeout = Bool.random(using: &random) ? 20 : nil
                $0.overlap = OverlapRule.allCases.randomElement(using: &random) ?? .skip
                if mode == .schedule { $0.schedule = try CronExpression("* * * * *") }
            })
        world.tell(.begin)
        for _ in 0..<60 where !world.isForgotten {
            let before = world.rig.record
            let event = step(&world, &random)
            let after = world.rig.record
            let told: Comment = "seed \(seed), \(String(describing: event)), \(before.status) to \(after.status)"
            #expect(after.runCount >= before.runCount, told)
            #expect(after.generation >= before.generation, told)
            if !world.isForgotten { #expect(world.rig.machine.isActive == (world.live != nil), told) }
            if !before.wantedUp, !after.wantedUp { #expect(after.generation == before.generation, told) }
            if after.status == .failed { #expect(after.lastError != nil, told) }
            if after.status == .completed { #expect(after.lastExitCode == 0, told) }
            if after.status == .stopped { #expect(!after.wantedUp, told) }
            if after.status == .backoff { #expect(after.lastError != nil && after.nextRun != nil, told) }
        }
    }

    private func step(_ world: inout World, _ random: inout SeededRandom) -> WorkloadMachine.Event? {
        var event: WorkloadMachine.Event
        switch Int.random(in: 0..<12, using: &random) {
        case 0: event = .start
        case 1: event = .stop
        case 2: event = .restart
        case 3: event = .redefined(restarting: Bool.random(using: &random))
        case 4 where Int.random(in: 0..<20, using: &random) == 0: event = .removed
        case 5:
            world.rig.now.wall = world.rig.now.wall.advanced(seconds: Double.random(in: -90...90, using: &random))
            event = Bool.random(using: &random) ? .tick : .clockShifted
        case 6, 7, 8:
            guard let live = world.live else { fallthrough }
            if world.isLaunching, Bool.random(using: &random) {
                world.isLaunching = false
                event = .launched(generation: live, pid: 7)
            } else if world.isLaunching, Bool.random(using: &random) {
                world.live = nil
                event = .launchFailed(generation: live, reason: "no")
            } else {
                world.live = nil
                let outcome = Self.outcomes.randomElement(using: &random) ?? .unknown
                event = .ended(generation: live, outcome: outcome, detail: nil)
            }
        default:
            let seconds = Double.random(in: 0...40, using: &random)
            world.rig.now.monotonic += seconds
            world.rig.now.wall = world.rig.now.wall.advanced(seconds: seconds)
            event = .tick
        }
        world.tell(event)
        return event
    }

    @Test("at the earliest deadline a tick always makes progress: nothing waits for a time that is past")
    func progress() async throws {
        for seed in 1...500 as ClosedRange<UInt64> {
            await Task.yield()
            var random = SeededRandom(seed: seed)
            var rig = try MachineRig {
                $0.restartDelay = Double.random(in: 0...3, using: &random)
                $0.timeout = 5
                if Bool.random(using: &random) {
                    $0.runMode = .schedule
                    $0.schedule = try CronExpression("*/5 * * * *")
                }
            }
            rig.handle(.begin)
            for _ in 0..<50 {
                if rig.status == .starting { rig.launched() }
                if rig.status == .stopping { rig.ended(.exited(1)) }
                guard let wait = rig.wait else { continue }
                rig.pass(max(0, wait))
                if let next = rig.wait { #expect(next > 0, "seed \(seed): \(rig.status)") }
            }
            #expect(rig.record.runCount > 5)
        }
    }
}
