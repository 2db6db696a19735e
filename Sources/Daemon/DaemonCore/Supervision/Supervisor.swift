import FleetClient
import FleetHTTP
import FleetModel
import Logging

/// Owns the machines of all workloads: brings them events, stores what they decide, then does it.
///
/// It has one timer, derived from the machines' deadlines, and no other state of its own about time.
package actor Supervisor {
    /// What is kept of a workload beside its machine.
    struct Entry {
        var machine: WorkloadMachine
        /// Why the run of that generation could not be begun.
        var launchFailure: (generation: Int64, reason: String)?
        var waiters: [Waiter] = []
        /// It waits for what it depends on, and is begun then.
        var isHeld = false
        /// Why its definition cannot be read, so that it stays as it was.
        var unread: String?
        /// The run that was begun or found last, until it has ended.
        var run: PresentRun?
        /// Ends the probe that is made now.
        var probing: Once<Void>?
    }

    /// What is known of a run and goes with it: nothing of one is ever taken for another's.
    struct PresentRun {
        /// Known to the launcher by it.
        var id: String
        var keeper: Int32?
        /// Its probe has found it ready.
        var isReady = false
        var usage: ProcessUsage?
        var wasWarnedOfMemory = false
        /// Why its log can't be written now; the workload waits for the disk.
        var logTrouble: String?
    }

    /// What the supervisor needs from outside.
    package struct Surroundings: Sendable {
        package var launcher: any RunLauncher
        package var store: any StateStore
        package var time: any TimeSource
        package var alarm: any Alarm
        /// Rings when the wall clock was set, the host has slept or its zone is another one.
        package var shifts: Signal
        package var readiness: any ReadinessChecker
        package var paths: DaemonPaths
        /// The daemon's own, of which workloads inherit little.
        package var environment: [String: String]
        package var zone: @Sendable (WorkloadSpec) -> any CivilZone
        /// Uniform in 0..<1.
        package var chance: @Sendable () -> Double
        /// Marks the processes of a run; unguessable.
        package var runID: @Sendable () -> String
        package var logger: Logger

        package init(
            launcher: any RunLauncher, store: any StateStore, time: any TimeSource, alarm: any Alarm,
            shifts: Signal = Signal(), readiness: any ReadinessChecker, paths: DaemonPaths,
            environment: [String: String],
            zone: @escaping @Sendable (WorkloadSpec) -> any CivilZone, chance: @escaping @Sendable () -> Double,
            runID: @escaping @Sendable () -> String, logger: Logger
        ) {
            self.launcher = launcher
            self.store = store
            self.time = time
            self.alarm = alarm
            self.shifts = shifts
            self.readiness = readiness
            self.paths = paths
            self.environment = environment
            self.zone = zone
            self.chance = chance
            self.runID = runID
            self.logger = logger
        }
    }

    /// Seconds until all that waits for the wall clock is looked at again, where nobody says that it was set.
    static let longestSleep = 30.0
    /// Between two looks at the memory of workloads that have a limit, seconds.
    static let memoryInterval = 10.0

    /// It stores before it acts, which a slow card makes long: no event loop waits for that.
    private nonisolated let executor = DiskSerialExecutor()
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let surroundings: Surroundings
    let logger: Logger
    var entries: [String: Entry] = [:]
    /// What happens to runs that are just being found; nil once it is known whose they are.
    var early: [RunEvent]? = []
    /// The definitions as they were stored last, and where they were read.
    var remembered: [String: WorkloadSpec] = [:]
    var files: [String: String] = [:]
    /// Records that could not be stored, and why.
    var unsaved: [String: String] = [:]
    var isShuttingDown = false
    var isBeginning = false
    var storeTrouble = false
    var sampler = ProcessSampler()
    var sampledAt = -Double.infinity
    var alarmTime: Double?
    /// When all that waits for the wall clock was looked at last; monotonic.
    var lookedAt = -Double.infinity
    /// Rings when anything changed that a reader of the list would see; what rings in a burst is joined.
    package nonisolated let changes = Signal()
    var probesToBegin: [ProbeRequest] = []
    let probesWaiting = Signal()
    private let ended = Once<Void>()
    /// Set where the daemon was asked to go: nothing more is begun.
    nonisolated let isLeaving = Once<Void>()

    package init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        logger = surroundings.logger
    }

    /// Serves events and the timer until `shutdown` has done its work.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [surroundings] in
                for await event in surroundings.launcher.events { await self.happened(event) }
            }
            group.addTask { [surroundings] in
                while await surroundings.alarm.rings.wait() == .rang { await self.tick() }
            }
            group.addTask { [surroundings] in
                while await surroundings.shifts.wait() == .rang { await self.clockHasShifted() }
            }
            group.addTask { await self.probeWhenAsked() }
            _ = await ended.wait()
            group.cancelAll()
        }
        changes.finish()
    }

    func finish() { ended.set() }

    // MARK: - Events

    /// Brings one event to one machine: store first, then act, then tell.
    func handle(_ event: WorkloadMachine.Event, for name: String) {
        guard var entry = entries[name] else { return }
        let before = entry.machine.record
        let actions = entry.machine.handle(event, at: surroundings.time.now(), chance: surroundings.chance())
        // Stored before it is begun, so that the next life of the daemon knows which run was ours.
        if actions.contains(where: \.isLaunch) { entry.machine.record.runID = surroundings.runID() }
        entries[name] = entry
        if entry.machine.record != before || unsaved[name] != nil {
            if entry.machine.status != .running { endProbe(name) }
            save([entry.machine.record], durably: event.isDecision)
            log(from: before, to: entry.machine.record)
            changes.ring()
        }
        for action in actions { perform(action, for: name) }
        resumeWaiters(of: name)
        if entry.machine.record != before { beginHeld() }
        setAlarm()
    }

    private func perform(_ action: WorkloadMachine.Action, for name: String) {
        guard let entry = entries[name] else { return }
        switch action {
        case .launch(let generation):
            let plan = plan(
                for: entry.machine.spec, generation: generation,
                runID: entry.machine.record.runID ?? surroundings.runID())
            entries[name]?.run = PresentRun(id: plan.runID)
            surroundings.launcher.launch(plan)
        case .stop(_, let signal, let timeout):
            // The machine means its present run, and there is no other.
            if let run = entry.run { surroundings.launcher.stop(run.id, signal: signal, timeout: timeout) }
        case .forget:
            forget(name)
        }
    }

    /// - Parameter runID: nil where nothing is begun by it.
    func plan(for spec: WorkloadSpec, generation: Int64, runID: String? = nil) -> LaunchPlan {
        LaunchPlan(
            spec, generation: generation, runID: runID ?? surroundings.runID(), paths: surroundings.paths,
            environment: surroundings.environment, parameters: ModuleParameters.text(of:))
    }

    private func forget(_ name: String) {
        guard let entry = entries.removeValue(forKey: name) else { return }
        files[name] = nil
        remembered[name] = nil
        unsaved[name] = nil
        entry.probing?.set()
        for waiter in entry.waiters { waiter.continuation.resume(returning: true) }
        do { try surroundings.store.remove([name]) } catch { noteStore(error) }
        surroundings.launcher.forget(name)
        changes.ring()
    }

    func happened(_ event: RunEvent) {
        guard early == nil else {
            early?.append(event)
            return
        }
        let name = event.name
        guard let entry = entries[name], let run = entry.run, run.id == event.runID else {
            // Of a run that was given up: its end is nobody's.
            if case .ended = event.kind { surroundings.launcher.acknowledge(event.runID) }
            return
        }
        let generation = entry.machine.record.generation
        switch event.kind {
        case .started(let pid, let keeper):
            entries[name]?.run?.keeper = keeper
            handle(.launched(generation: generation, pid: pid), for: name)
            probeIfAsked(name)
        case .failed(let reason):
            entries[name]?.run = nil
            entries[name]?.launchFailure = (generation, reason)
            handle(.launchFailed(generation: generation, reason: reason), for: name)
        case .ended(let outcome):
            entries[name]?.run = nil
            // Before the machine is told: it may begin the next run of the same name at once.
            surroundings.launcher.acknowledge(event.runID)
            let detail = detail(of: outcome, spec: entry.machine.spec)
            handle(.ended(generation: generation, outcome: outcome, detail: detail), for: name)
        case .logTrouble(let trouble):
            entries[name]?.run?.logTrouble = trouble.map { "its log cannot be written: \($0)" }
            changes.ring()
            if let trouble {
                logger.warning(
                    "a workload's log cannot be written; the workload waits for the disk: \(trouble)",
                    metadata: ["workload": "\(name)"])
            } else {
                logger.info("a workload's log can be written again", metadata: ["workload": "\(name)"])
            }
        case .stuck(let count):
            logger.error(
                "processes of a workload do not end although they were killed",
                metadata: ["workload": "\(name)", "processes": "\(count)"])
        }
    }

    /// A Python program that failed says why in the last line of its traceback, and a shell, or `env`, that did not find
    /// a program or could not execute it (127 and 126) says which.
    private func detail(of outcome: RunOutcome, spec: WorkloadSpec) -> String? {
        var lastLine: String? { LogTail(path: surroundings.paths.log(of: spec.name)).lastLine() }
        switch (outcome.kind, spec.program) {
        case (.exited(1), .module): return lastLine
        case (.exited(126...127), .command): return lastLine.map { "\(outcome.description): \($0)" }
        default: return nil
        }
    }
}
