import FleetModel

/// The life of one workload as a value: (state, event) gives (state, actions). It does nothing itself.
///
/// ```
///              start                launched                 ended, wanted up, forever
/// registered ─────────▶ starting ─────────────▶ running ──────────────────────┬──────────▶ backoff / scheduled
/// stopped                  │  ▲                    │                           │                │ delay passed
/// completed   launch failed│  │                    │ stop, restart,            │ all runs made  ▼
/// failed                   ▼  └────────────────────┼─ timeout, reload          ▼             starting
///                  as ended│       relaunch        ▼                      completed / failed
///                          │  ┌──────────────── stopping ──▶ stopped
///                          ▼  │ (then: relaunch, settle, forget)
///                       backoff
/// ```
///
/// What happens after `stopping` is kept in `afterStop`; everything with a time is in `deadlines`, from which the
/// supervisor derives its one timer. Every event is handled in every state: what does not apply changes nothing.
package struct WorkloadMachine: Sendable {
    package enum Event: Hashable, Sendable {
        /// The daemon has started, or the workload is new: go where the record and the definition say.
        case begin
        /// A run of an earlier life of the daemon was found alive.
        case recovered(generation: Int64, pid: Int32, startedAt: Timestamp)
        case start
        case stop
        case restart
        /// The definition was replaced; where `restarting`, what runs must end and begin anew.
        case redefined(restarting: Bool)
        case removed
        case launched(generation: Int64, pid: Int32)
        case launchFailed(generation: Int64, reason: String)
        /// Nothing of the run lives any more.
        case ended(generation: Int64, outcome: RunOutcome, detail: String?)
        /// Time has passed.
        case tick
        /// The wall clock was set, the host has slept, or its time zone is another one.
        case clockShifted
        /// The daemon goes down and takes the workloads with it; what is wanted stays.
        case shutdown

        /// What an operator decides outlives a power cut that comes after the answer.
        var isDecision: Bool { self == .start || self == .stop || self == .restart }
    }

    package enum Action: Hashable, Sendable {
        case launch(generation: Int64)
        case stop(generation: Int64, signal: Int32, timeout: Double)
        /// Forget the workload: it was removed and nothing of it lives.
        case forget

        var isLaunch: Bool { if case .launch = self { true } else { false } }
    }

    /// What `stopping` leads to.
    enum AfterStop: Hashable, Sendable {
        case settle
        case relaunch
        case timedOut
        case forget
        case shutdown
    }

    package var spec: WorkloadSpec { didSet { if spec != oldValue { digest = spec.digest } } }
    private(set) var digest: String
    /// False where the definition is a stand-in for one that nobody knows: nothing is begun by it.
    var isDefined = true
    package internal(set) var record: WorkloadRecord
    package internal(set) var pid: Int32?
    var afterStop: AfterStop?
    /// The present run was begun or found by this life of the daemon.
    var ownsRun = false
    /// Where an earlier life of the daemon left a run of which nothing has been heard since: its status then.
    var leftActive: WorkloadStatus?
    /// Monotonic time of the present run's start.
    var runningSince: Double?
    var retryAt: Double?
    /// What an earlier life of the daemon waited for, and still lies ahead.
    var leftWait: WorkloadStatus?
    var queuedRun: Bool {
        get { record.queuedRun ?? false }
        set { record.queuedRun = newValue ? true : nil }
    }
    /// The last time for which the schedule has fired in this life of the daemon.
    var lastFired: Timestamp?
    /// Monotonic times of restarts within the window; bounded by `maxRestarts`.
    var recentRestarts: [Double] = []
    /// The latest so many outlive the daemon; the record is written at each end of a run.
    static let mostStoredRestarts = 100
    var isShuttingDown = false
    /// Where the schedule's times are read.
    package var zone: any CivilZone

    /// - Parameter record: what an earlier life of the daemon left; nil for a workload never seen.
    package init(spec: WorkloadSpec, record: WorkloadRecord?, zone: any CivilZone) {
        self.spec = spec
        digest = spec.digest
        self.record = record ?? WorkloadRecord(name: spec.name, wantedUp: spec.enabled)
        self.zone = zone
        // What another life had running is ours only where it is found, and what it waited for is planned anew.
        if status.isActive { leftActive = status }
        if status == .backoff || status == .scheduled { leftWait = status }
        if status.isActive || status == .backoff || status == .scheduled {
            self.record.status = .registered
            self.record.pid = nil
        }
    }

    package var status: WorkloadStatus { record.status }

    /// True while a process of it lives or is being made.
    package var isActive: Bool { status.isActive }

    /// Seconds since the present run began.
    package func uptime(at now: Moment) -> Double? { runningSince.map { max(0, now.monotonic - $0) } }

    /// It was removed, and is being stopped for that.
    package var isLeaving: Bool { afterStop == .forget }

    /// What the machine waits for.
    package var deadlines: [Deadline] {
        guard !isShuttingDown else { return [] }
        var all: [Deadline] = []
        if let retryAt, status == .backoff || status == .scheduled { all.append(.monotonic(retryAt)) }
        if retryAt == nil, status == .scheduled || status == .running, let next = record.nextRun {
            all.append(.wall(next))
        }
        if status == .running, let timeout = spec.timeout, let runningSince {
            all.append(.monotonic(runningSince + timeout))
        }
        return all
    }

    /// - Parameter chance: uniform in 0..<1, for the jitter of a delay.
    package mutating func handle(_ event: Event, at now: Moment, chance: Double) -> [Action] {
        switch event {
        case .begin: begin(at: now)
        case .recovered(let generation, let pid, let startedAt):
            recover(generation: generation, pid: pid, startedAt: startedAt, at: now)
        case .start: start(at: now)
        case .stop: stop(at: now)
        case .restart: restart(at: now)
        case .redefined(let restarting): redefine(restarting: restarting, at: now)
        case .removed: remove(at: now)
        case .launched(let generation, let pid): launched(generation: generation, pid: pid, at: now)
        case .launchFailed(let generation, let reason):
            ended(generation: generation, outcome: nil, detail: reason, at: now, chance: chance)
        case .ended(let generation, let outcome, let detail):
            ended(generation: generation, outcome: outcome, detail: detail, at: now, chance: chance)
        case .tick: tick(at: now)
        case .clockShifted: clockShifted(at: now)
        case .shutdown: shutdown(at: now)
        }
    }
}
