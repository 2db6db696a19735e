import DaemonCore
import FleetModel

/// A machine on a clock that only moves when told, with a launcher that notes what it was asked for.
struct MachineRig {
    var machine: WorkloadMachine
    var now = Moment(wall: Timestamp("2026-03-02T10:00:30Z") ?? Timestamp(milliseconds: 0), monotonic: 1000)
    var actions: [WorkloadMachine.Action] = []
    var chance = 0.0

    init(record: WorkloadRecord? = nil) { self.init({ _ in }, record: record) }

    init(_ change: (inout WorkloadSpec) throws -> Void, record: WorkloadRecord? = nil) rethrows {
        var spec = WorkloadSpec(name: "w", program: .command(["true"]))
        try change(&spec)
        machine = WorkloadMachine(spec: spec, record: record, zone: FixedZone.utc)
    }

    var status: WorkloadStatus { machine.status }
    var record: WorkloadRecord { machine.record }
    var generation: Int64 { machine.record.generation }

    @discardableResult
    mutating func handle(_ event: WorkloadMachine.Event) -> [WorkloadMachine.Action] {
        let asked = machine.handle(event, at: now, chance: chance)
        actions += asked
        return asked
    }

    mutating func pass(_ seconds: Double) {
        now.monotonic += seconds
        now.wall = now.wall.advanced(seconds: seconds)
        handle(.tick)
    }

    /// The run that was asked for is there.
    mutating func launched(pid: Int32 = 100) { handle(.launched(generation: generation, pid: pid)) }

    mutating func ended(_ outcome: RunOutcome) {
        handle(.ended(generation: generation, outcome: outcome, detail: nil))
    }

    /// Up and running.
    mutating func up() {
        handle(.begin)
        launched()
    }

    /// Seconds until the machine wants to be looked at.
    var wait: Double? { machine.deadlines.map { $0.seconds(from: now) }.min() }
}
