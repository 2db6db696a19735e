/// The central of a control host as the daemon that watches it knows it. What is not known is left out.
package struct CentralProcess: Codable, Hashable, Sendable {
    /// `starting` until it listens, then `running`; `backoff` while it waits for its next try.
    package var status: WorkloadStatus
    package var pid: Int32?
    package var lastStarted: Timestamp?
    package var lastStopped: Timestamp?
    package var uptimeSeconds: Double?
    /// By the daemon that runs now.
    package var restarts: Int
    /// How it ended the last time, where that was a failure.
    package var lastError: String?
    package var lastExitCode: Int32?
    package var lastSignal: String?
    /// When it is started again.
    package var nextRun: Timestamp?
    /// Files of it that were changed since it has read them, as a sentence.
    package var notice: String?

    package init(status: WorkloadStatus, restarts: Int) {
        self.status = status
        self.restarts = restarts
    }

    enum CodingKeys: String, CodingKey {
        case status, pid, restarts, notice
        case lastStarted = "last_started"
        case lastStopped = "last_stopped"
        case uptimeSeconds = "uptime_seconds"
        case lastError = "last_error"
        case lastExitCode = "last_exit_code"
        case lastSignal = "last_signal"
        case nextRun = "next_run"
    }
}
