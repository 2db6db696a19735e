import FleetModel
import Testing

@testable import DaemonCore

/// What the machine of a later life of the daemon makes of the record of an earlier one.
@Suite("A workload over restarts of the daemon, as a value")
struct RecoveredMachineTests {
    private static func nTimes(_ spec: inout WorkloadSpec) {
        spec.runMode = .nTimes
        spec.maxRuns = 5
        spec.restartDelay = 60
    }

    /// The next life, `seconds` later.
    private func next(
        _ rig: MachineRig, after seconds: Double, clockSet: Double = 0, _ change: (inout WorkloadSpec) -> Void
    ) -> MachineRig {
        var later = MachineRig(change, record: rig.record)
        later.now = Moment(
            wall: rig.now.wall.advanced(seconds: seconds + clockSet), monotonic: rig.now.monotonic + seconds)
        return later
    }

    @Test("the delay between runs goes on where it was, however often the daemon restarts")
    func delay() {
        var rig = MachineRig(Self.nTimes)
        rig.up()
        rig.ended(.exited(0))
        for _ in 0..<5 {
            rig = next(rig, after: 1, Self.nTimes)
            #expect(rig.handle(.begin) == [])
            #expect(rig.status == .scheduled)
        }
        #expect(rig.wait == 55)
        #expect(rig.record.nextRun == rig.now.wall.advanced(seconds: 55))
        rig.pass(54)
        #expect(rig.actions == [])
        rig.pass(1)
        #expect(rig.actions == [.launch(generation: 2)])
        #expect(rig.record.finishedRuns == 1)
    }

    @Test("so does the pause after failures, as backoff")
    func backoff() {
        func service(_ spec: inout WorkloadSpec) { spec.restartDelay = 20 }
        var rig = MachineRig(service)
        rig.up()
        rig.ended(.exited(1))
        rig.pass(20)
        rig.launched()
        rig.ended(.exited(1))
        rig = next(rig, after: 10, service)
        rig.handle(.begin)
        #expect(rig.status == .backoff)
        #expect(rig.wait == 30)
        #expect(rig.record.failuresInRow == 2)
    }

    @Test("a clock that was set back makes it no longer than such a delay is; a delay that passed is over")
    func clock() {
        var rig = MachineRig(Self.nTimes)
        rig.up()
        rig.ended(.exited(0))
        var back = next(rig, after: 1, clockSet: -7200, Self.nTimes)
        back.handle(.begin)
        #expect(back.wait == 60)
        var late = next(rig, after: 61, Self.nTimes)
        #expect(late.handle(.begin) == [.launch(generation: 2)])
    }

    @Test("a run that was to follow the present one is not lost")
    func queued() {
        func job(_ spec: inout WorkloadSpec) throws {
            spec.runMode = .schedule
            spec.schedule = try CronExpression("* * * * *")
            spec.overlap = .queue
        }
        var rig = MachineRig { try? job(&$0) }
        rig.handle(.begin)
        rig.pass(30)
        rig.launched()
        rig.pass(60)
        rig = next(rig, after: 1) { try? job(&$0) }
        rig.handle(.recovered(generation: 1, pid: 100, startedAt: rig.now.wall))
        rig.ended(.exited(0))
        #expect(rig.actions == [.launch(generation: 2)])
    }

    @Test("restarts are counted over restarts of the daemon, and their window is kept")
    func restarts() {
        func service(_ spec: inout WorkloadSpec) {
            spec.restartDelay = 1
            spec.maxRestarts = 3
            spec.restartWindow = 100
        }
        func failing(_ pause: Double) -> WorkloadStatus {
            var rig = MachineRig(service)
            for _ in 0..<4 {
                rig.handle(.begin)
                if rig.status == .backoff { rig.pass(rig.wait ?? 0) }
                rig.launched()
                rig.ended(.exited(1))
                rig = next(rig, after: pause, service)
            }
            return rig.record.status
        }
        #expect(failing(1) == .failed)
        #expect(failing(60) != .failed)
    }

    @Test("what runs by a definition that has changed since is restarted; of an older version's run nobody knows")
    func redefined() {
        var rig = MachineRig()
        rig.up()
        func recovered(_ change: (inout WorkloadSpec) -> Void, digest: String?) -> [WorkloadMachine.Action] {
            var record = rig.record
            record.definition = digest
            var later = MachineRig(change, record: record)
            return later.handle(.recovered(generation: 1, pid: 100, startedAt: rig.now.wall))
        }
        let digest = rig.record.definition
        #expect(digest != nil)
        #expect(recovered({ $0.tags = ["x"] }, digest: digest) == [])
        #expect(recovered({ $0.env = ["A": "1"] }, digest: digest) == [.stop(generation: 1, signal: 15, timeout: 10)])
        #expect(recovered({ $0.enabled = false }, digest: digest) == [.stop(generation: 1, signal: 15, timeout: 10)])
        #expect(recovered({ $0.env = ["A": "1"] }, digest: nil) == [])
    }

    @Test("what had completed or was given up begins anew by another definition, and not by the same")
    func finished() {
        func once(_ spec: inout WorkloadSpec) { spec.runMode = .nTimes }
        var rig = MachineRig(once)
        rig.up()
        rig.ended(.exited(0))
        #expect(rig.status == .completed)
        var same = next(rig, after: 1, once)
        #expect(same.handle(.begin) == [])
        var other = next(rig, after: 1) {
            once(&$0)
            $0.env = ["A": "1"]
        }
        #expect(other.handle(.begin) == [.launch(generation: 2)])
        rig.handle(.stop)
        var stopped = next(rig, after: 1) { $0.env = ["A": "1"] }
        #expect(stopped.handle(.begin) == [])
    }

    @Test("nothing is begun by a definition that nobody knows")
    func undefined() {
        var rig = MachineRig { $0.restartDelay = 1 }
        rig.machine.isDefined = false
        rig.handle(.recovered(generation: 4, pid: 100, startedAt: rig.now.wall))
        rig.ended(.exited(1))
        rig.pass(100)
        rig.handle(.start)
        #expect(rig.actions == [])
        #expect(rig.status == .registered)
        #expect(rig.record.wantedUp)
    }
}
