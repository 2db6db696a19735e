import CProcess
import FleetClient
import FleetConfig
import FleetModel
import Logging

/// Keeps the central of a control host alive: a run under a keeper as a workload's, and none of the workloads.
///
/// It dies and comes back without the daemon, and the daemon without it: whichever is there goes on.
package actor CentralWatch {
    /// The central could not begin, and never did in this life of the daemon: somebody has to do something.
    package struct Failed: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    private static let restartDelay = 1.0
    /// Between two looks for its report while it begins, seconds; where it takes long, the second one.
    private static let looks = (soon: 0.02, later: 0.5)
    private static let longBeginning = 10.0
    /// How long the daemon waits for a central that neither listens nor says why not.
    static let patience = 30.0

    let surroundings: Surroundings
    /// Nil where this host is to have none any more, and an earlier life of the daemon has left one.
    private let program: CentralProgram?
    let logger: Logger
    private let reportPath: String
    private(set) var machine: WorkloadMachine
    var runID = ""
    private(set) var isListening = false
    /// The beginning has come to something, one way or the other.
    private let settled = Once<Void>()
    private var isSettled = false
    private var failure: Failed?
    /// This life of the daemon has begun a run of it.
    private var hasBegunOne = false
    private var isEnding = false
    private let gone = Once<Void>()
    /// Whether it lives: see `CentralWatch+pulse.swift`.
    var pulse = CentralPulse()
    var isAsking = false
    var didHang = false
    private(set) var listensSince = 0.0
    private let questions = Signal()
    /// What happens to a run while it is being found; nil once it is known which one that is.
    private var early: [RunEvent]? = []

    package init(_ program: CentralProgram?, in surroundings: Surroundings) {
        self.program = program
        self.surroundings = surroundings
        logger = surroundings.logger
        reportPath = CentralReport.path(in: surroundings.paths)
        var spec = WorkloadSpec(name: CentralProgram.name, program: .command(program?.arguments ?? []))
        spec.restartDelay = Self.restartDelay
        spec.stopTimeout = CentralProgram.stopTimeout
        machine = WorkloadMachine(spec: spec, record: nil, zone: Zones.zone(of: spec))
    }

    /// Serves events and the timer until the central has gone, or was let go of.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [surroundings] in
                for await event in surroundings.launcher.events { await self.happened(event) }
            }
            group.addTask { [surroundings] in
                while await surroundings.alarm.rings.wait() == .rang { await self.look() }
            }
            group.addTask { [questions] in while await questions.wait() == .rang { await self.askForPulse() } }
            _ = await gone.wait()
            group.cancelAll()
        }
        surroundings.alarm.set(after: nil)
        await surroundings.launcher.release()
    }

    /// What there is to say of it; nil where there is to be none.
    package var state: CentralProcess? {
        guard program != nil else { return nil }
        let now = surroundings.time.now()
        let record = machine.record
        var state = CentralProcess(status: status, restarts: record.restarts)
        state.pid = machine.pid
        state.lastStarted = record.lastStarted
        state.lastStopped = record.lastStopped
        state.lastError = record.lastError
        state.lastExitCode = record.lastExitCode
        state.lastSignal = record.lastSignal
        state.nextRun = status == .backoff ? record.nextRun : nil
        if isListening { state.notice = report?.files?.notice }
        if machine.pid != nil { state.uptimeSeconds = machine.uptime(at: now).map(tenths) }
        return state
    }

    private var status: WorkloadStatus {
        switch machine.status {
        case .running: isListening ? .running : .starting
        case .starting, .stopping, .backoff: machine.status
        case .scheduled: .backoff
        case .registered, .stopped, .completed, .failed, .unknown: .stopped
        }
    }

    // MARK: - Begin and end

    /// Takes over the central of an earlier life of the daemon where it is the same, or begins one.
    ///
    /// - Returns: when it listens, or when it is clear that waiting for that is no use: one that crashes is tried again.
    /// - Throws: `Failed` where it says why it can't begin, and never could in this life of the daemon.
    package func begin() async throws {
        let spare = plan(generation: 0)
        let found = await surroundings.launcher.recover([CentralProgram.name: spare])
        if let run = found.first { takeOver(run) }
        let waiting = early ?? []
        early = nil
        for event in waiting { happened(event) }
        if !machine.isActive, !isEnding {
            if program == nil { settle() } else { apply(.begin) }
        }
        _ = await settled.wait(seconds: Self.patience)
        if let failure { throw failure }
        if !isSettled, !isEnding, !Task.isCancelled {
            settle()
            logger.warning("the central takes long to begin or end; the daemon begins meanwhile", metadata: log)
        }
    }

    /// Ends the central; returns when nothing of it lives.
    package func end() async {
        isEnding = true
        apply(.shutdown)
        _ = await gone.wait()
    }

    /// The daemon ends for a fault of its own: what this life of it began ends too, what it found is left as it was.
    package func abandon() async {
        if hasBegunOne { await end() } else { gone.set() }
    }

    private func takeOver(_ run: RecoveredRun) {
        switch run.state {
        case .running(let pid, _, let startedAt):
            let record = RunFolder(path: surroundings.paths.runDirectory(of: run.name)).record
            runID = run.runID
            apply(.recovered(generation: run.generation, pid: pid, startedAt: startedAt))
            if let reason = objection(to: record) {
                logger.info("the central that was found is ended", metadata: ["pid": "\(pid)", "reason": "\(reason)"])
                apply(program == nil ? .stop : .restart)
                return
            }
            listens()
            settle()
            logger.info("the central goes on and was taken over", metadata: ["pid": "\(pid)"])
        case .ended(let outcome):
            logger.error(
                "the central ended while no daemon was there", metadata: ["reason": "\(Self.sentence(outcome))"])
            surroundings.launcher.acknowledge(run.runID)
        }
    }

    /// Why what was found alive is not what this daemon would begin; nil where it is.
    private func objection(to record: KeeperRecord?) -> String? {
        guard let program else { return "daemon.yaml enables none any more" }
        var process = mcp_process_info()
        guard let record, mcp_process(record.pid, &process) == 1, process.start_ticks == record.startTicks else {
            return "it has just ended"
        }
        guard let report, report.port != nil else { return "it does not listen" }
        return report.identity == program.identity ? nil : "another program, configuration or inventory"
    }

    // MARK: - What happens

    private func happened(_ event: RunEvent) {
        if early != nil {
            early?.append(event)
            return
        }
        guard event.runID == runID else {
            // Of a run that was given up: its end is nobody's.
            if case .ended = event.kind { surroundings.launcher.acknowledge(event.runID) }
            return
        }
        switch event.kind {
        case .started(let pid, _):
            apply(.launched(generation: machine.record.generation, pid: pid))
            logger.info("the central was started", metadata: ["pid": "\(pid)"])
        case .failed(let reason): ended(.unknown, because: "could not be started: \(reason)")
        case .ended(let outcome):
            surroundings.launcher.acknowledge(event.runID)
            ended(outcome, because: nil)
        case .logTrouble(let reason?):
            logger.warning(
                "the central's log cannot be written; lines of it are lost", metadata: ["reason": "\(reason)"])
        case .logTrouble(nil): logger.info("the central's log can be written again")
        case .stuck(let count):
            logger.error("processes of the central do not end even when killed", metadata: ["processes": "\(count)"])
        }
    }

    /// - Parameter reason: nil where it ran.
    private func ended(_ outcome: RunOutcome, because reason: String?) {
        let said = report?.failure
        isListening = false
        let wasAsked = machine.status == .stopping
        var sentence = reason ?? Self.sentence(outcome)
        if didHang { sentence = "did not answer any more and was killed" }
        didHang = false
        if reason == nil, let said { sentence += ": \(said)" }
        // It has never been of use, and trying again is none: whoever started the daemon is there to be told.
        if !isSettled, !wasAsked, !outcome.isCrash {
            failure = Failed(
                description: said ?? "the central \(sentence); see \(surroundings.paths.log(of: CentralProgram.name))")
            _ = machine.handle(.shutdown, at: surroundings.time.now(), chance: 0)
        }
        apply(.ended(generation: machine.record.generation, outcome: outcome, detail: sentence))
        if let pause = machine.retryAt.map({ tenths(max(0, $0 - surroundings.time.now().monotonic)) }) {
            logger.error(
                "the central ended and is started again",
                metadata: [
                    "reason": "\(sentence)", "pause_seconds": "\(pause)", "restarts": "\(machine.record.restarts)",
                ])
        } else {
            let level: Logger.Level = wasAsked ? .info : .error
            logger.log(level: level, "the central ended", metadata: ["reason": "\(sentence)"])
        }
        if !wasAsked || program == nil { settle() }
    }

    private func listens() {
        isListening = true
        listensSince = surroundings.time.now().monotonic
        pulse = CentralPulse()
    }

    /// Time has passed: it may listen by now, or be due again.
    private func look() {
        if machine.status == .running, !isListening, let port = report?.port {
            listens()
            logger.info("the central listens", metadata: ["port": "\(port)"])
            settle()
        }
        if let due = nextQuestion, due <= surroundings.time.now().monotonic { questions.ring() }
        apply(.tick)
    }

    private func apply(_ event: WorkloadMachine.Event) {
        for action in machine.handle(event, at: surroundings.time.now(), chance: surroundings.chance()) {
            switch action {
            case .launch(let generation):
                runID = surroundings.runID()
                isListening = false
                hasBegunOne = true
                surroundings.launcher.launch(plan(generation: generation))
            case .stop(_, let signal, let timeout):
                surroundings.launcher.stop(runID, signal: signal, timeout: timeout)
            case .forget: break
            }
        }
        if isEnding, !machine.isActive { gone.set() }
        setAlarm()
    }

    private func plan(generation: Int64) -> LaunchPlan {
        let program = program ?? CentralProgram(arguments: [], environment: [:], identity: "")
        return program.plan(generation: generation, runID: runID, paths: surroundings.paths)
    }

    func setAlarm() {
        let now = surroundings.time.now()
        var wait = machine.deadlines.map { $0.seconds(from: now) }.min()
        if machine.status == .running, !isListening {
            let isLate = machine.uptime(at: now).map { $0 > Self.longBeginning } ?? false
            let next = isLate ? Self.looks.later : Self.looks.soon
            wait = min(wait ?? next, next)
        }
        if let due = nextQuestion {
            let next = max(0, due - now.monotonic)
            wait = min(wait ?? next, next)
        }
        surroundings.alarm.set(after: wait)
    }

    private func settle() {
        isSettled = true
        settled.set()
    }

    /// Of the present run, and of no other.
    var report: CentralReport? {
        CentralReport.read(reportPath).flatMap { $0.runID == runID ? $0 : nil }
    }

    private var log: Logger.Metadata { ["log": "\(surroundings.paths.log(of: CentralProgram.name))"] }

    static func sentence(_ outcome: RunOutcome) -> String {
        switch outcome.kind {
        case .exited(let code): "ended with status \(code)"
        case .signalled(let signal): "ended by signal \(signal) (SIG\(SignalName.of(signal)))"
        case .unknown: "ended while nobody watched it"
        }
    }
}

extension RunOutcome {
    /// It did not end by its own will.
    fileprivate var isCrash: Bool { if case .signalled = kind { true } else { false } }
}
