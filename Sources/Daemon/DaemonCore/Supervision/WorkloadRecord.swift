import FleetModel

/// What is known of a workload beyond its definition, and outlives the daemon.
package struct WorkloadRecord: Codable, Hashable, Sendable {
    package var name: String
    /// What the operator wants, apart from what is.
    package var wantedUp: Bool
    /// What the file said last; where that changes, it decides anew what is wanted.
    package var enabled: Bool
    package var status: WorkloadStatus
    /// Counts launches; an event that carries another one is about a run of the past.
    package var generation: Int64 = 0
    /// Of the launch of that generation; nil where a version wrote it that did not know it.
    package var runID: String?
    package var pid: Int32?
    package var runCount = 0
    /// Of an `n_times` workload, the runs of the present round that ended.
    package var finishedRuns = 0
    package var failuresInRow = 0
    package var restarts = 0
    package var lastStarted: Timestamp?
    package var lastStopped: Timestamp?
    package var lastExitCode: Int32?
    package var lastSignal: String?
    package var lastError: String?
    /// The planned time of the next run; kept so that a missed one is noticed.
    package var nextRun: Timestamp?
    /// Digest of the definition that the present run was begun with; where none lives, of the one that counted last.
    /// Nil in what an older version stored.
    package var definition: String?
    /// A schedule fired while a run lived and `overlap` is `queue`.
    package var queuedRun: Bool?
    /// Where restarts are counted, those within the window: at most `WorkloadMachine.mostStoredRestarts`.
    package var recentRestarts: [Timestamp]?

    package init(name: String, wantedUp: Bool) {
        self.name = name
        self.wantedUp = wantedUp
        enabled = wantedUp
        status = .registered
    }
}
