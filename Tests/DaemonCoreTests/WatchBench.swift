import CProcess
import FleetClient
import FleetModel
import Foundation
import Logging
import Synchronization
import Testing

@testable import DaemonCore

/// A watch in a folder of its own, on a clock that only moves when told, with a launcher that begins nothing.
final class WatchBench: Sendable {
    private struct State {
        var plans: [LaunchPlan] = []
        var stops = 0
        var lastSignal: Int32 = 0
        var questions = 0
        /// What a question to it brings: an answer or none, and how long that takes.
        var answer: (isAlive: Bool, seconds: Double) = (true, 0)
        var left: [RecoveredRun] = []
        var whenRecovered: (@Sendable (WatchBench) -> Void)?
        var whenLaunched: @Sendable (WatchBench, LaunchPlan) -> Void = { _, _ in }
        var now = Moment(wall: Timestamp(milliseconds: 1_800_000_000_000), monotonic: 1000)
        var wait: Double?
    }

    let identity = "an identity"
    private let folder: String
    private let paths: DaemonPaths
    private let state = Mutex(State())
    let events: AsyncStream<RunEvent>
    private let happening: AsyncStream<RunEvent>.Continuation
    let rings = Signal()
    private let made = Mutex<CentralWatch?>(nil)

    private init() throws {
        folder = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
        paths = DaemonPaths(
            workingDirectory: folder, logDirectory: folder, runDirectory: folder + "/run", moduleRunner: "")
        (events, happening) = AsyncStream.makeStream()
    }

    static func with(_ body: (WatchBench) async throws -> Void) async throws {
        let bench = try WatchBench()
        defer { try? FileManager.default.removeItem(atPath: bench.folder) }
        let watch = CentralWatch(
            CentralProgram(
                arguments: ["/bin/master-control", "central"], environment: ["MCTL_API_TOKEN": "secret"],
                identity: bench.identity),
            in: CentralWatch.Surroundings(
                launcher: bench, paths: bench.paths, time: bench, alarm: bench, chance: { 0 },
                runID: { "\(UInt64.random(in: .min ... .max))" }, isAlive: { _ in bench.question() },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        bench.made.withLock { $0 = watch }
        async let running: Void = watch.run()
        do {
            try await body(bench)
        } catch {
            await watch.abandon()
            await running
            throw error
        }
        await watch.abandon()
        await running
    }

    var watch: CentralWatch {
        guard let watch = made.withLock({ $0 }) else { fatalError("made in `with`") }
        return watch
    }
    var report: String { CentralReport.path(in: paths) }
    var launched: [LaunchPlan] { state.withLock { $0.plans } }
    var stops: Int { state.withLock { $0.stops } }
    var lastSignal: Int32 { state.withLock { $0.lastSignal } }
    var questions: Int { state.withLock { $0.questions } }

    func answers(_ isAlive: Bool, after seconds: Double = 0) { state.withLock { $0.answer = (isAlive, seconds) } }

    private func question() -> Bool {
        let answer = state.withLock { $0.answer }
        pass(answer.seconds)
        state.withLock { $0.questions += 1 }
        return answer.isAlive
    }

    /// Until the next question is due and was asked.
    func ask() async throws {
        let before = questions
        pass(CentralPulse.interval)
        for _ in 0..<10_000 where questions == before {
            rings.ring()
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(questions == before + 1)
        // What comes of it.
        while await watch.isAsking { try await Task.sleep(for: .milliseconds(1)) }
    }

    func whenLaunched(_ body: @escaping @Sendable (WatchBench, LaunchPlan) -> Void) {
        state.withLock { $0.whenLaunched = body }
    }

    func whenRecovered(_ body: @escaping @Sendable (WatchBench) -> Void) { state.withLock { $0.whenRecovered = body } }

    /// It is there and listens.
    func isUp(_ plan: LaunchPlan) {
        _ = CentralReport(runID: plan.runID, identity: identity, port: 8080).write(to: report)
        tell(.started(pid: 1000, keeper: nil))
    }

    func tell(_ kind: RunEvent.Kind) {
        let runID = state.withLock { $0.plans.last?.runID ?? $0.left.first?.runID ?? "" }
        happening.yield(RunEvent(runID: runID, name: "central", kind: kind))
    }

    func pass(_ seconds: Double) {
        state.withLock { state in
            state.now.monotonic += seconds
            state.now.wall = state.now.wall.advanced(seconds: seconds)
        }
    }

    /// What an earlier daemon has begun: this very process, which is alive for sure.
    func leave(identity: String) throws {
        var process = mcp_process_info()
        #expect(mcp_process(getpid(), &process) == 1)
        let run = paths.runDirectory(of: "central")
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        let text = "generation=7\nrun_id=found\nboot_id=this\npid=\(getpid())\nstart=\(process.start_ticks)\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: run + "/record"))
        _ = CentralReport(runID: "found", identity: identity, port: 1).write(to: report)
        state.withLock { state in
            state.left = [
                RecoveredRun(
                    runID: "found", name: "central", generation: 7,
                    state: .running(pid: getpid(), keeper: nil, startedAt: state.now.wall))
            ]
        }
    }

    func begin() async throws {
        async let ringing: Void = ring()
        do { try await watch.begin() } catch {
            state.withLock { $0.whenLaunched = { _, _ in } }
            throw error
        }
        await ringing
    }

    /// Until it is known what became of the start.
    private func ring() async {
        for _ in 0..<1000 {
            let status = await watch.state?.status
            if status == .running || status == .backoff { return }
            if status == .stopped, !launched.isEmpty { return }
            rings.ring()
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    func until(_ isSo: (CentralProcess) -> Bool) async throws -> CentralProcess {
        for _ in 0..<10_000 {
            guard let state = await watch.state else { break }
            if isSo(state) { return state }
            rings.ring()
            try await Task.sleep(for: .milliseconds(2))
        }
        throw Impatience(state: await watch.state)
    }

    struct Impatience: Error { var state: CentralProcess? }

    /// - Returns: the pause until it is started again, which is then over.
    func crash() async throws -> Double {
        _ = try await until { $0.status == .running }
        tell(.ended(.signalled(9)))
        _ = try await until { $0.status == .backoff }
        let wait = state.withLock { $0.wait } ?? -1
        pass(wait)
        _ = try await until { $0.status == .running }
        return wait
    }
}

extension WatchBench: RunLauncher {
    func launch(_ plan: LaunchPlan) {
        let body = state.withLock { state in
            state.plans.append(plan)
            return state.whenLaunched
        }
        body(self, plan)
    }

    func stop(_ runID: String, signal: Int32, timeout: Double) {
        state.withLock {
            $0.stops += 1
            $0.lastSignal = signal
        }
        let outcome = signal == SIGKILL ? RunOutcome.signalled(SIGKILL) : .exited(0)
        happening.yield(RunEvent(runID: runID, name: "central", kind: .ended(outcome)))
    }

    func acknowledge(_ runID: String) {}
    func forget(_ name: String) {}
    func recover(_ plans: [String: LaunchPlan]) async -> [RecoveredRun] {
        let (left, happens) = state.withLock { ($0.left, $0.whenRecovered) }
        guard let happens else { return left }
        happens(self)
        // The watch takes it while it waits for this.
        for _ in 0..<1000 { await Task.yield() }
        return left
    }
    func release() async { happening.finish() }
}

extension WatchBench: TimeSource, Alarm {
    func now() -> Moment { state.withLock { $0.now } }
    func set(after seconds: Double?) { state.withLock { $0.wait = seconds } }
}
