import FleetModel
import TestSupport
import Testing

@testable import DaemonCore

/// A daemon on that host, with what a launcher and a supervisor do around their machines; it dies and comes back.
struct RunWalk {
    var world = RunWorld()
    var numbers: SeededRandom
    let title: String
    /// Otherwise a run is known by its name and its generation, and a workload that comes back begins anew beside what is
    /// left of it: so it was once, and one was taken for the other.
    let isKnownByID: Bool
    /// What the files say.
    var defined: Set<String> = ["a", "b"]
    var stored: [String: WorkloadRecord] = [:]

    // The daemon's own, gone with it.
    var isUp = false
    var table = RunTable()
    var names: [String: String] = [:]
    /// What the record of a run calls it; none where any is its own.
    var recordIDs: [String: String] = [:]
    var links: [String: Int] = [:]
    var resting: Set<String> = []
    var connections = 0
    var machines: [String: WorkloadMachine] = [:]
    var present: [String: String] = [:]
    var unanswered: Set<String> = []
    var found: [RecoveredRun] = []
    var events: [RunEvent] = []
    var now = Moment(wall: Timestamp(milliseconds: 1_800_000_000_000), monotonic: 0)

    /// What was told of each run that this life of the daemon has launched.
    var told: [String: [RunEvent.Kind]] = [:]

    init(_ numbers: SeededRandom, _ title: String, isKnownByID: Bool = true) {
        self.numbers = numbers
        self.title = title
        self.isKnownByID = isKnownByID
    }

    mutating func chance(_ part: Int, of whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &numbers) < part
    }

    // MARK: - Steps

    mutating func step() {
        guard isUp else { return chance(1, of: 3) ? begin() : worldStep() }
        switch Int.random(in: 0..<100, using: &numbers) {
        case 0..<40: worldStep()
        case 40..<65: hear()
        case 65..<80: if !events.isEmpty { happened(events.removeFirst()) }
        case 80..<84: rest()
        case 84..<87: pass(Double.random(in: 0...3, using: &numbers))
        case 87..<89: reload(without: ["a", "b"].randomElement(using: &numbers))
        case 89..<92: reload(without: nil)
        case 92..<97: operate()
        default: die()
        }
    }

    /// Something happens to a process or a keeper.
    mutating func worldStep() {
        guard let id = world.keepers.keys.sorted().randomElement(using: &numbers), let keeper = world.keepers[id] else {
            endOrphan()
            return
        }
        if chance(1, of: 12) {
            world.kill(id)
        } else if keeper.process == nil {
            world.goToWork(id, failing: chance(1, of: 10))
        } else if let pid = keeper.process, keeper.outcome == nil {
            if world.processes[pid]?.isAlive == false {
                world.finish(id)
            } else if chance(keeper.wasAsked ? 6 : 1, of: 12) {
                world.processes[pid]?.isAlive = false
            }
        }
        endOrphan()
    }

    mutating func endOrphan() {
        let kept = Set(world.keepers.values.compactMap(\.process))
        let orphans = world.processes.values.filter { $0.isAlive && !kept.contains($0.number) }.map(\.number).sorted()
        if let pid = orphans.randomElement(using: &numbers), chance(1, of: 12) { world.processes[pid]?.isAlive = false }
    }

    mutating func hear() {
        let waiting = world.said.filter { !$1.isEmpty }.keys.sorted()
        guard let connection = waiting.randomElement(using: &numbers) else { return }
        // Nil is the end of the connection.
        let message: KeeperMessage? = world.said[connection]?.removeFirst()
        guard let id = names.keys.first(where: { links[$0] == connection }) else { return }
        if let message {
            handle(.said(message, connection: connection), id)
        } else {
            world.said[connection] = nil
            links[id] = nil
            handle(.lost(connection: connection), id)
        }
    }

    mutating func rest() {
        guard let id = resting.sorted().randomElement(using: &numbers) else { return }
        resting.remove(id)
        handle(.rested, id)
    }

    mutating func operate() {
        guard unanswered.isEmpty, let name = machines.keys.sorted().randomElement(using: &numbers) else { return }
        let all: [WorkloadMachine.Event] = [.start, .stop, .restart]
        if let event = all.randomElement(using: &numbers) { apply(event, name) }
    }

    mutating func pass(_ seconds: Double) {
        now.monotonic += seconds
        now.wall = now.wall.advanced(seconds: seconds)
        for name in machines.keys.sorted() { apply(.tick, name) }
    }

    mutating func reload(without name: String?) {
        if let name { defined.remove(name) } else { defined = ["a", "b"] }
        guard isUp, unanswered.isEmpty else { return }
        for name in machines.keys.sorted() where !defined.contains(name) { apply(.removed, name) }
        for name in defined.sorted() {
            if machines[name] == nil || machines[name]?.isLeaving == true && !isKnownByID {
                machines[name] = Self.machine(name, nil)
                apply(.begin, name)
            } else if machines[name]?.isLeaving == true {
                apply(.redefined(restarting: true), name)
            }
        }
    }

    mutating func die() {
        world.daemonDies()
        (isUp, table, names, recordIDs, links, resting) = (false, RunTable(), [:], [:], [:], [])
        (machines, present, unanswered, found, events, told) = ([:], [:], [], [], [], [:])
    }

    // MARK: - As the supervisor does it

    static func machine(_ name: String, _ record: WorkloadRecord?) -> WorkloadMachine {
        var spec = WorkloadSpec(name: name, program: .command(["true"]))
        spec.restartDelay = 0.5
        return WorkloadMachine(spec: spec, record: record, zone: FixedZone.utc)
    }

    mutating func begin() {
        isUp = true
        let folders = Set(world.records.keys).union(world.locks.keys).sorted()
        let left = folders.map { name in
            let record = world.records[name]
            let id = isKnownByID ? record?.runID : record.map { "\(name)-\($0.generation)" }
            return (name, id ?? "unrecorded-\(name)", record?.generation)
        }
        unanswered = Set(left.map(\.1))
        for (name, id, generation) in left {
            names[id] = name
            recordIDs[id] = world.records[name]?.runID
            table.add(id, in: name)
            handle(.find(generation: generation), id)
        }
        if left.isEmpty { beginAll() }
    }

    mutating func beginAll() {
        for name in defined.sorted() { machines[name] = Self.machine(name, stored[name]) }
        for run in found {
            if case .running(let pid, _, let at) = run.state {
                let isLeaving = machines[run.name] == nil
                if isLeaving { machines[run.name] = Self.machine(run.name, stored[run.name]) }
                present[run.name] = run.runID
                apply(.recovered(generation: run.generation, pid: pid, startedAt: at), run.name)
                if isLeaving { apply(.removed, run.name) }
            } else {
                handle(.acknowledged, run.runID)
            }
        }
        found = []
        stored = stored.filter { machines[$0.key] != nil }
        for name in machines.keys.sorted() where machines[name]?.isActive == false { apply(.begin, name) }
    }

    mutating func apply(_ event: WorkloadMachine.Event, _ name: String) {
        guard var machine = machines[name] else { return }
        let actions = machine.handle(event, at: now, chance: 0)
        machines[name] = machine
        stored[name] = machine.record
        for action in actions {
            switch action {
            case .launch(let generation):
                let id = isKnownByID ? "run-\(world.next())" : "\(name)-\(generation)"
                present[name] = id
                told[id] = []
                (names[id], recordIDs[id]) = (name, id)
                table.add(id, in: name)
                handle(.launch(generation: generation), id)
            case .stop: if let id = present[name] { handle(.stop("stop\n"), id) }
            case .forget:
                (machines[name], stored[name], present[name]) = (nil, nil, nil)
            }
        }
    }

    mutating func happened(_ event: RunEvent) {
        guard unanswered.isEmpty else { return events.append(event) }
        guard present[event.name] == event.runID, let generation = machines[event.name]?.record.generation else {
            Issue.record("\(event) is nobody's: \(title)")
            return
        }
        switch event.kind {
        case .started(let pid, _): apply(.launched(generation: generation, pid: pid), event.name)
        case .failed(let reason):
            present[event.name] = nil
            apply(.launchFailed(generation: generation, reason: reason), event.name)
        case .ended(let outcome):
            present[event.name] = nil
            handle(.acknowledged, event.runID)
            apply(.ended(generation: generation, outcome: outcome, detail: nil), event.name)
        case .logTrouble, .stuck: break
        }
    }

    /// All goes its way, and nobody does anything any more: what is defined runs, with a process that lives.
    mutating func settle() {
        for _ in 0..<3000 where !isSettled {
            if !isUp { begin() }
            for id in world.keepers.keys.sorted() where world.keepers[id]?.process == nil {
                world.goToWork(id, failing: false)
            }
            for (id, keeper) in world.keepers where keeper.outcome == nil {
                guard let pid = keeper.process else { continue }
                if keeper.wasAsked { world.processes[pid]?.isAlive = false }
                if world.processes[pid]?.isAlive == false { world.finish(id) }
            }
            hear()
            if !events.isEmpty { happened(events.removeFirst()) }
            rest()
            pass(1)
        }
    }

    var isSettled: Bool {
        isUp && world.isQuiet && unanswered.isEmpty && events.isEmpty && world.said.values.allSatisfy(\.isEmpty)
            && resting.isEmpty
            && machines.values.allSatisfy { !$0.isActive || $0.status == .running }
            && machines.values.allSatisfy { $0.status != .backoff && $0.status != .scheduled }
    }

    func checkSettled() {
        #expect(isSettled, "\(machines.values.map(\.status)), \(told), \(table): \(title)")
        #expect(Set(machines.keys) == defined, "\(title)")
        for name in ["a", "b"] {
            let living = world.living(name)
            let pid = machines[name]?.pid
            #expect(
                living.map(\.number) == (pid.map { [$0] } ?? []),
                "\(name) is \(machines[name]?.status as Any): \(title)")
            #expect(machines[name]?.record.wantedUp != true || pid != nil, "\(name) is wanted: \(title)")
        }
        // What is not over has been told to be there, and all else has ended once.
        for (id, kinds) in told where !present.values.contains(id) {
            #expect(kinds.count(where: \.isEnd) == 1, "\(id), \(kinds): \(title)")
        }
    }
}

extension RunEvent.Kind {
    var isEnd: Bool {
        switch self {
        case .failed, .ended: true
        case .started, .logTrouble, .stuck: false
        }
    }
}
