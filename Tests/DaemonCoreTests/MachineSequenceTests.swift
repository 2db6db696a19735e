import DaemonCore
import FleetModel
import Testing

/// Small, seeded and the same everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// 0 to below `limit`; cheaper than the standard way, as there are a million of them.
    mutating func below(_ limit: UInt64) -> UInt64 { (next() >> 33) % limit }
}

@Suite("Random lives of a workload")
struct MachineSequenceTests {
    @Test("whatever happens: one run at a time, a stop holds, counts never fall, each end is explained, nothing is stuck")
    func invariants() async throws {
        for seed in 1...2500 as ClosedRange<UInt64> {
            var world = try MachineWorld(seed: seed)
            for _ in 0..<100 where !world.isForgotten { world.step() }
            // Others run at the same time on the same few threads, and some of them have to be in time.
            if seed % 20 == 0 { await Task.yield() }
        }
    }

    @Test("left alone, what is wanted up comes up or comes to its end")
    func livesOn() async throws {
        for seed in 1...300 as ClosedRange<UInt64> {
            var world = try MachineWorld(seed: seed)
            for _ in 0..<30 where !world.isForgotten { world.step() }
            guard !world.isForgotten else { continue }
            world.nextLife()
            let before = world.rig.record
            for _ in 0..<20 where !world.settles() {}
            let after = world.rig.record
            let isOver = after.status == .failed || after.status == .completed
            #expect(
                after.wantedUp ? isOver || after.runCount > before.runCount : after.status == .stopped || isOver
                    || after.status == .registered, "seed \(seed): \(before.status) to \(after.status)")
            if seed % 20 == 0 { await Task.yield() }
        }
    }
}
