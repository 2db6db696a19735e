import FleetModel

/// The edge between policy and processes: begins runs, ends them, and tells what became of them.
///
/// A run is known by its id, here and everywhere: a name has many runs, and two of them may be there at once.
package protocol RunLauncher: Sendable {
    /// What happens to runs, in the order in which it happens for each of them.
    ///
    /// Bounded by what there is: a run begins once and ends once, and of what may be told again only the newest waits.
    var events: AsyncStream<RunEvent> { get }

    /// Begins a run. It ends in exactly one event: `failed`, or `ended` with at most one `started` before it.
    ///
    /// Where an earlier run in the same folder has not ended, it waits for that.
    func launch(_ plan: LaunchPlan)

    /// Asks a run to end, and ends it after `timeout` seconds. Its `ended` comes as an event, once nothing of it lives.
    func stop(_ runID: String, signal: Int32, timeout: Double)

    /// The end of this run has been stored; its trace may go.
    func acknowledge(_ runID: String)

    /// The workload was removed and nothing of it lives: nothing needs to be kept for it.
    func forget(_ name: String)

    /// Looks for runs that an earlier life of the daemon left. What lives is managed from here on.
    ///
    /// What happens to one may be told as an event before this returns.
    /// - Parameter plans: of the workloads that are known, for one whose keeper was killed and who needs a new one.
    func recover(_ plans: [String: LaunchPlan]) async -> [RecoveredRun]

    /// Lets go of all runs without touching them, for the next life of the daemon.
    func release() async
}

/// One thing that happened to one run.
package struct RunEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// `keeper` is the process it and all its orphans descend from; nil where that is not so.
        case started(pid: Int32, keeper: Int32?)
        /// It could not be begun, or its keeper can't be reached any more.
        case failed(String)
        case ended(RunOutcome)
        /// The log can't be written, with the reason; nil when it can again.
        case logTrouble(String?)
        /// Processes that do not even end when killed.
        case stuck(Int)
    }

    package var runID: String
    /// Of the workload.
    package var name: String
    package var kind: Kind

    package init(runID: String, name: String, kind: Kind) {
        self.runID = runID
        self.name = name
        self.kind = kind
    }
}

/// A run of an earlier life of the daemon.
package struct RecoveredRun: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case running(pid: Int32, keeper: Int32?, startedAt: Timestamp)
        case ended(RunOutcome)
    }

    package var runID: String
    package var name: String
    /// As its keeper has it: which of its workload's launches it was.
    package var generation: Int64
    package var state: State

    package init(runID: String, name: String, generation: Int64, state: State) {
        self.runID = runID
        self.name = name
        self.generation = generation
        self.state = state
    }
}
