import FleetClient
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
        /// The run that its probe found ready.
        var readyGeneration: Int64?
        /// Ends the probe that is made now.
        var probing: Once<Void>?
        var keeper: Int32?
        var usage: ProcessUsage?
        var warnedOfMemory: Int64?
        /// Why the log of this run can't be written now; the workload waits for the disk.
        var logTrouble: (generation: Int64, reason: String)?
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

    let surroundings: Surroundings
    let logger: Logger
    var entries: [String: Entry] = [:]
    /// Runs of workloads that are in no file any more: stopped, then forgotten.
    var leftovers: [String: Int64] = [:]
    var isShuttingDown = false
    var isBeginning = false
    var storeTrouble = false
    var sampler = ProcessSampler()
    var sampledAt = -Double.infinity
    private var alarmTime: Double?
    /// When all that waits for the wall clock was looked at last; monotonic.
    private var lookedAt = -Double.infinity
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
        entries[name] = entry
        if entry.machine.record != before {
            if entry.machine.status != .running { endProbe(name) }
            save([entry.machine.record])
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
            surroundings.launcher.launch(plan(for: entry.machine.spec, generation: generation))
        case .stop(let generation, let signal, let timeout):
            surroundings.launcher.stop(name, generation: generation, signal: signal, timeout: timeout)
        case .forget:
            forget(name)
        }
    }

    func plan(for spec: WorkloadSpec, generation: Int64) -> LaunchPlan {
        LaunchPlan(
            spec, generation: generation, runID: surroundings.runID(), paths: surroundings.paths,
            environment: surroundings.environment, parameters: ModuleParameters.text(of:))
    }

    private func forget(_ name: String) {
        guard let entry = entries.removeValue(forKey: name) else { return }
        entry.probing?.set()
        for waiter in entry.waiters { waiter.continuation.resume(returning: true) }
        do { try surroundings.store.remove([name]) } catch { noteStore(error) }
        surroundings.launcher.forget(name)
        changes.ring()
    }

    private func happened(_ event: RunEvent) {
        let name = event.name
        if leftovers[name] == event.generation, case .ended = event.kind {
            leftovers[name] = nil
            surroundings.launcher.acknowledge(name, generation: event.generation)
            if entries[name] == nil { surroundings.launcher.forget(name) }
            return
        }
        guard let entry = entries[name] else { return }
        let isPresent = event.generation == entry.machine.record.generation
        switch event.kind {
        case .started(let pid, let keeper):
            if isPresent { entries[name]?.keeper = keeper }
            handle(.launched(generation: event.generation, pid: pid), for: name)
            if isPresent { probeIfAsked(name) }
        case .failed(let reason):
            if isPresent { entries[name]?.launchFailure = (event.generation, reason) }
            handle(.launchFailed(generation: event.generation, reason: reason), for: name)
        case .ended(let outcome):
            if isPresent {
                entries[name]?.keeper = nil
                entries[name]?.usage = nil
            }
            // Before the machine is told: it may begin the next run of the same name at once.
            surroundings.launcher.acknowledge(name, generation: event.generation)
            let detail = isPresent ? detail(of: outcome, spec: entry.machine.spec) : nil
            handle(.ended(generation: event.generation, outcome: outcome, detail: detail), for: name)
        case .logTrouble(let trouble):
            entries[name]?.logTrouble = trouble.map { (event.generation, "its log cannot be written: \($0)") }
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

    /// A Python program that failed says why in the last line of its traceback.
    private func detail(of outcome: RunOutcome, spec: WorkloadSpec) -> String? {
        guard outcome == .exited(1), case .module = spec.program else { return nil }
        return LogTail(path: surroundings.paths.log(of: spec.name)).lastLine()
    }

    // MARK: - Time

    private func tick() {
        alarmTime = nil
        let now = surroundings.time.now()
        let looksAtAll = now.monotonic - lookedAt >= Self.longestSleep - 1
        if looksAtAll { lookedAt = now.monotonic }
        for (name, entry) in entries {
            let isDue = entry.machine.deadlines.contains { deadline in
                // One that lies ahead may do so only because the clock was set back, or be wrong in another zone.
                if case .wall = deadline, looksAtAll { return true }
                return deadline.seconds(from: now) <= 0
            }
            if isDue { handle(.tick, for: name) }
        }
        expireWaiters(at: now)
        if watchesMemory, now.monotonic - sampledAt >= Self.memoryInterval { sampleUsage() }
        setAlarm()
    }

    /// All that waits for a time is looked at, now.
    private func clockHasShifted() {
        logger.info("the clock was set, the host has slept, or its time zone has changed: all times are planned anew")
        for name in entries.keys { handle(.clockShifted, for: name) }
        tick()
    }

    func setAlarm() {
        let now = surroundings.time.now()
        var next = Double.infinity
        for entry in entries.values {
            for deadline in entry.machine.deadlines {
                var seconds = deadline.seconds(from: now)
                if case .wall = deadline { seconds = min(seconds, Self.longestSleep) }
                next = min(next, seconds)
            }
            for waiter in entry.waiters { next = min(next, waiter.deadline - now.monotonic) }
        }
        if watchesMemory { next = min(next, sampledAt + Self.memoryInterval - now.monotonic) }
        guard next < .infinity else {
            if alarmTime != nil { surroundings.alarm.set(after: nil) }
            alarmTime = nil
            return
        }
        let at = now.monotonic + max(0, next)
        // Set already, to within what a person would notice.
        if let alarmTime, abs(alarmTime - at) < 0.001 { return }
        alarmTime = at
        surroundings.alarm.set(after: max(0, next))
    }

    // MARK: - State

    func save(_ records: [WorkloadRecord]) {
        do {
            try surroundings.store.save(records)
            if storeTrouble { logger.info("the state can be stored again") }
            storeTrouble = false
        } catch {
            noteStore(error)
        }
    }

    /// Workloads go on without a store: what is lost is what the next life of the daemon would know.
    private func noteStore(_ error: any Error) {
        if !storeTrouble { logger.error("the state cannot be stored: \(error)") }
        storeTrouble = true
    }

    private func log(from before: WorkloadRecord, to after: WorkloadRecord) {
        guard before.status != after.status else { return }
        var metadata: Logger.Metadata = [
            "workload": "\(after.name)", "status": "\(after.status.rawValue)", "run": "\(after.runCount)",
        ]
        if let pid = after.pid { metadata["pid"] = "\(pid)" }
        if let error = after.lastError, after.status.isTrouble {
            metadata["error"] = "\(error)"
            logger.warning("workload \(after.status.rawValue)", metadata: metadata)
        } else {
            logger.info("workload \(after.status.rawValue)", metadata: metadata)
        }
    }
}
