import FleetModel

/// The edge between policy and processes: begins runs, ends them, and tells what became of them.
package protocol RunLauncher: Sendable {
    /// What happens to runs, in the order in which it happens for each of them.
    ///
    /// Bounded by what there is: a handful of events for each run that lives.
    var events: AsyncStream<RunEvent> { get }

    /// Begins a run. Its `started` or `failed` comes as an event.
    func launch(_ plan: LaunchPlan)

    /// Asks a run to end, and ends it after `timeout` seconds. Its `ended` comes as an event, once nothing of it lives.
    func stop(_ name: String, generation: Int64, signal: Int32, timeout: Double)

    /// The end of this run has been stored; its trace may go.
    func acknowledge(_ name: String, generation: Int64)

    /// The workload was removed and nothing of it lives: nothing needs to be kept for it.
    func forget(_ name: String)

    /// Looks for runs that an earlier life of the daemon left. What lives is managed from here on.
    ///
    /// - Parameter plans: of the workloads that are known, for one whose keeper was killed and who needs a new one.
    func recover(_ plans: [String: LaunchPlan]) async -> [RecoveredRun]

    /// Lets go of all runs without touching them, for the next life of the daemon.
    func release() async
}

/// One thing that happened to one run.
package struct RunEvent: Sendable {
    package enum Kind: Hashable, Sendable {
        /// `keeper` is the process it and all its orphans descend from; nil where that is not so.
        case started(pid: Int32, keeper: Int32?)
        case failed(String)
        case ended(RunOutcome)
        /// The log can't be written, with the reason; nil when it can again.
        case logTrouble(String?)
        /// Processes that do not even end when killed.
        case stuck(Int)
    }

    package var name: String
    package var generation: Int64
    package var kind: Kind

    package init(name: String, generation: Int64, kind: Kind) {
        self.name = name
        self.generation = generation
        self.kind = kind
    }
}

/// A run of an earlier life of the daemon.
package struct RecoveredRun: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case running(pid: Int32, keeper: Int32?, startedAt: Timestamp)
        case ended(RunOutcome)
    }

    package var name: String
    package var generation: Int64
    package var state: State

    package init(name: String, generation: Int64, state: State) {
        self.name = name
        self.generation = generation
        self.state = state
    }
}
