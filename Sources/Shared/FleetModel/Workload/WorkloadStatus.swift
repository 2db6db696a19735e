/// Where a workload is in its life. What the operator *wants* of it is kept apart from this.
package enum WorkloadStatus: String, Codable, Sendable, CaseIterable {
    /// Known, never started in this life of the daemon, and not wanted up.
    case registered
    /// Waits for its next time.
    case scheduled
    case starting
    case running
    /// Failed, and waits for its next try.
    case backoff
    case stopping
    case stopped
    /// An `n_times` workload that made all its runs, the last with exit code 0.
    case completed
    case failed
    /// Of a report that says something else, or nothing; `Workload.unknownText` has its words. No daemon of ours has it.
    case unknown

    /// True for what an operator must look at.
    package var isTrouble: Bool { self == .failed || self == .backoff }
    /// True where a process lives or is about to.
    package var isActive: Bool { self == .starting || self == .running || self == .stopping }
}
