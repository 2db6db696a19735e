import FleetClient
import FleetModel
import Logging
import Synchronization

@testable import DaemonCore

/// A supervisor on clocks that only move when told, with a launcher that begins nothing.
final class SupervisorBench: Sendable {
    private struct State {
        var now = Moment(wall: Timestamp("2026-03-02T10:00:30Z") ?? Timestamp(milliseconds: 0), monotonic: 1000)
        /// Seconds until the alarm is to ring.
        var wait: Double?
        var launches: [(name: String, at: Timestamp)] = []
        var secondsEast = 0
        var recovering: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())
    let events: AsyncStream<RunEvent>
    private let happening: AsyncStream<RunEvent>.Continuation
    let rings = Signal()
    let shifts = Signal()
    private let made = Once<Supervisor>()

    private init() { (events, happening) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100)) }

    static func with(_ body: (SupervisorBench, Supervisor) async throws -> Void) async throws {
        let bench = SupervisorBench()
        let supervisor = Supervisor(
            Supervisor.Surroundings(
                launcher: bench, store: MemoryStateStore(), time: bench, alarm: bench, shifts: bench.shifts,
                readiness: bench,
                paths: DaemonPaths(workingDirectory: "/", logDirectory: "/", runDirectory: "/", moduleRunner: ""),
                environment: [:], zone: { _ in bench }, chance: { 0 }, runID: { "run" },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        async let running: Void = supervisor.run()
        do {
            try await body(bench, supervisor)
        } catch {
            await supervisor.shutdown(keepingWorkloads: true)
            await running
            throw error
        }
        await supervisor.shutdown(keepingWorkloads: true)
        await running
    }

    /// Times at which runs were begun, as the wall clock had it.
    var launches: [Timestamp] { state.withLock { $0.launches.map(\.at) } }

    func whenRecovering(_ body: @escaping @Sendable () async -> Void) { state.withLock { $0.recovering = body } }

    /// Time goes on for all clocks; the alarm rings whenever it has to.
    func pass(_ seconds: Double, _ supervisor: Supervisor) async throws {
        var left = seconds
        while left > 0 {
            let step = min(left, max(0.001, state.withLock { $0.wait } ?? left))
            move(step)
            left -= step
            guard state.withLock({ $0.wait.map { $0 <= 0 } ?? false }) else { continue }
            rings.ring()
            // Whoever has looked sets it anew.
            try await until { self.state.withLock { $0.wait.map { $0 > 0 } ?? true } }
        }
    }

    /// Nobody hears an alarm while the host sleeps.
    func move(_ seconds: Double) {
        state.withLock { state in
            state.now.monotonic += seconds
            state.now.wall = state.now.wall.advanced(seconds: seconds)
            state.wait = state.wait.map { $0 - seconds }
        }
    }

    func setClock(by seconds: Double) { state.withLock { $0.now.wall = $0.now.wall.advanced(seconds: seconds) } }
    func setZone(secondsEast: Int) { state.withLock { $0.secondsEast = secondsEast } }

    func until(_ isSo: @Sendable () async throws -> Bool) async throws {
        for _ in 0..<100_000 {
            if try await isSo() { return }
            await Task.yield()
        }
        throw Impatience()
    }

    struct Impatience: Error {}
}

extension SupervisorBench: RunLauncher {
    func launch(_ plan: LaunchPlan) {
        state.withLock { $0.launches.append((plan.name, $0.now.wall)) }
        happening.yield(RunEvent(runID: plan.runID, name: plan.name, kind: .started(pid: 100, keeper: nil)))
        happening.yield(RunEvent(runID: plan.runID, name: plan.name, kind: .ended(.exited(0))))
    }

    func stop(_ runID: String, signal: Int32, timeout: Double) {}
    func acknowledge(_ runID: String) {}
    func forget(_ name: String) {}
    func recover(_ plans: [String: LaunchPlan]) async -> [RecoveredRun] {
        await state.withLock { $0.recovering }?()
        return []
    }
    func release() async { happening.finish() }
}

extension SupervisorBench: TimeSource, Alarm, CivilZone, ReadinessChecker {
    func now() -> Moment { state.withLock { $0.now } }
    func set(after seconds: Double?) { state.withLock { $0.wait = seconds } }
    func offset(at utcSeconds: Int64) -> Int { state.withLock { $0.secondsEast } }
    func look(_ check: ReadinessProbe.Check, plan: LaunchPlan, seconds: Double) async -> Readiness { .ready }
}
