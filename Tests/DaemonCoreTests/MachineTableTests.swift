import DaemonCore
import FleetModel
import Testing

/// Every event in every state, once.
@Suite("State by event")
struct MachineTableTests {
    /// `-` leaves the state as it is; `+L`, `+S` and `+F` ask for a launch, a stop, and to be forgotten.
    private static let table: String = """
        event      registered starting   running    backoff    scheduled  stopping stopped    failed     completed
        start      starting+L -          -          starting+L starting+L -        starting+L starting+L starting+L
        stop       stopped    stopping+S stopping+S stopped    stopped    -        -          stopped    -
        restart    starting+L stopping+S stopping+S starting+L starting+L -        starting+L starting+L starting+L
        changed    -          stopping+S stopping+S starting+L starting+L -        -          starting+L starting+L
        retagged   -          -          -          -          -          -        -          -          -
        disabled   -          stopping+S stopping+S stopped    stopped    -        -          stopped    -
        removed    -+F        stopping+S stopping+S -+F        -+F        -        -+F        -+F        -+F
        launched   -          running    -          -          -          -        -          -          -
        unstarted  -          backoff    backoff    -          -          stopped  -          -          -
        exit-0     -          scheduled  scheduled  -          -          stopped  -          -          -
        exit-1     -          backoff    backoff    -          -          stopped  -          -          -
        signal     -          backoff    backoff    -          -          stopped  -          -          -
        old-exit   -          -          -          -          -          -        -          -          -
        old-launch -          -          -          -          -          -        -          -          -
        early-tick -          -          -          -          -          -        -          -          -
        late-tick  -          -          -          starting+L starting+L -        -          -          -
        shutdown   -          stopping+S stopping+S -          -          -        -          -          -
        begin      -          -          -          starting+L starting+L -        -          -          -
        """
    static let rows: [[String]] = table.split(separator: "\n").dropFirst().map { $0.split(separator: " ").map(String.init) }
    static let states: [WorkloadStatus] = [
        .registered, .starting, .running, .backoff, .scheduled, .stopping, .stopped, .failed, .completed,
    ]

    /// A machine that came into a state in the usual way.
    static func rig(in status: WorkloadStatus) -> MachineRig {
        var rig = MachineRig {
            $0.restartDelay = 5
            $0.enabled = status != .registered
            if status == .failed { $0.maxRestarts = 0 }
            if status == .completed { $0.runMode = .nTimes }
        }
        rig.handle(.begin)
        if status != .registered, status != .starting { rig.launched() }
        switch status {
        case .registered, .starting, .running: break
        case .backoff, .failed: rig.ended(.exited(1))
        case .scheduled, .completed: rig.ended(.exited(0))
        case .stopping: rig.handle(.stop)
        case .stopped:
            rig.handle(.stop)
            rig.ended(.signalled(15))
        }
        rig.actions = []
        return rig
    }

    static func apply(_ event: String, to rig: inout MachineRig) {
        let generation = rig.generation
        switch event {
        case "start": rig.handle(.start)
        case "stop": rig.handle(.stop)
        case "restart": rig.handle(.restart)
        case "changed": rig.handle(.redefined(restarting: true))
        case "retagged": rig.handle(.redefined(restarting: false))
        case "disabled":
            rig.machine.spec.enabled = false
            rig.handle(.redefined(restarting: true))
        case "removed": rig.handle(.removed)
        case "launched": rig.handle(.launched(generation: generation, pid: 7))
        case "unstarted": rig.handle(.launchFailed(generation: generation, reason: "no such file"))
        case "exit-0": rig.ended(.exited(0))
        case "exit-1": rig.ended(.exited(1))
        case "signal": rig.ended(.signalled(11))
        case "old-exit": rig.handle(.ended(generation: generation - 1, outcome: .exited(1), detail: nil))
        case "old-launch": rig.handle(.launched(generation: generation - 1, pid: 7))
        case "early-tick": rig.handle(.tick)
        case "late-tick": rig.pass(3600)
        case "shutdown": rig.handle(.shutdown)
        case "begin": rig.handle(.begin)
        default: Issue.record("the table names an unknown event '\(event)'")
        }
    }

    private static func short(_ actions: [WorkloadMachine.Action]) -> String {
        actions.map { action in
            switch action {
            case .launch: "+L"
            case .stop: "+S"
            case .forget: "+F"
            }
        }.joined()
    }

    @Test("each event does in each state what the table says", arguments: Self.rows)
    func table(row: [String]) throws {
        try #require(row.count == Self.states.count + 1)
        for (state, expected) in zip(Self.states, row.dropFirst()) {
            var rig = Self.rig(in: state)
            try #require(rig.status == state)
            Self.apply(row[0], to: &rig)
            let became = (rig.status == state ? "-" : rig.status.rawValue) + Self.short(rig.actions)
            #expect(became == expected, "\(row[0]) in \(state.rawValue)")
        }
    }

    @Test("once the daemon goes down nothing is begun, whatever happens in whatever state", arguments: Self.states)
    func nothingAfterShutdown(state: WorkloadStatus) {
        for first in Self.rows.map({ $0[0] }) {
            for second in Self.rows.map({ $0[0] }) {
                var rig = Self.rig(in: state)
                rig.handle(.shutdown)
                Self.apply(first, to: &rig)
                Self.apply(second, to: &rig)
                let launches = rig.actions.filter { if case .launch = $0 { true } else { false } }
                #expect(launches.isEmpty, "\(state.rawValue), shutdown, \(first), \(second)")
                #expect(rig.machine.deadlines.isEmpty, "it would ask to be looked at for nothing")
            }
        }
    }

    @Test(
        "what was asked for last while it stops decides what comes then",
        arguments: [
            (["stop"], "stopped"), (["restart"], "starting+L"), (["changed"], "starting+L"),
            (["timeout"], "backoff"), (["removed"], "+F"), (["shutdown"], "registered"),
            (["stop", "start"], "starting+L"), (["stop", "restart"], "starting+L"), (["restart", "stop"], "stopped"),
            (["restart", "start"], "starting+L"), (["changed", "stop"], "stopped"), (["stop", "changed"], "stopped"),
            (["restart", "disabled"], "stopped"), (["timeout", "stop"], "stopped"),
            (["timeout", "start"], "starting+L"), (["timeout", "shutdown"], "registered"),
            (["restart", "shutdown"], "registered"), (["shutdown", "start"], "registered"),
            (["stop", "shutdown"], "stopped"), (["shutdown", "stop"], "registered"), (["shutdown", "removed"], "+F"),
            (["removed", "stop"], "+F"), (["removed", "start"], "+F"), (["removed", "shutdown"], "+F"),
            (["removed", "changed"], "starting+L"), (["removed", "disabled"], "stopped"),
            (["stop", "removed", "changed"], "stopped"),
        ] as [([String], String)])
    func afterStopping(events: [String], expected: String) {
        var rig = Self.rig(in: .running)
        rig.machine.spec.timeout = 100
        for event in events {
            if event == "timeout" { rig.pass(100) } else { Self.apply(event, to: &rig) }
        }
        #expect(rig.status == .stopping)
        #expect(rig.actions.count == 1, "one stop is enough")
        rig.actions = []
        rig.ended(.signalled(15))
        let became = (rig.status == .stopping ? "" : rig.status.rawValue) + Self.short(rig.actions)
        #expect(became == expected)
    }

    @Test("a record of an earlier life waits to be begun: nothing of it is due, and nothing of it lives")
    func beforeBegin() {
        for state in Self.states {
            var rig = MachineRig({ $0.restartDelay = 5 }, record: Self.rig(in: state).record)
            #expect(rig.machine.deadlines.isEmpty, "\(state.rawValue)")
            #expect(!rig.machine.isActive, "\(state.rawValue)")
            rig.pass(3600)
            #expect(rig.actions.isEmpty, "\(state.rawValue)")
            rig.handle(.stop)
            #expect(rig.actions.isEmpty, "\(state.rawValue)")
        }
    }
}
