/// What the operator wrote about one workload: validated, with defaults applied and templates rendered.
///
/// Times are in seconds, sizes in MiB. The keys of the configuration file are listed in `docs/configuration.md`.
package struct WorkloadSpec: Hashable, Sendable {
    package var name: String
    package var type: WorkloadType = .service
    package var runMode: RunMode = .forever
    package var program: Program
    /// Five cron fields or a word like `@hourly`; set exactly where `runMode` is `.schedule`.
    package var schedule: CronExpression?
    /// IANA name of the zone the schedule is read in; nil is the host's own.
    package var timezone: String?
    /// How often an `n_times` workload runs.
    package var maxRuns = 1
    package var restartDelay = 5.0
    /// A run that lasts longer is stopped and counts as failed.
    package var timeout: Double?
    package var memoryLimitMB: Int?
    package var cpuNice: Int?
    package var tags: [String] = []
    package var version: String?
    package var env: [String: String] = [:]
    /// A file of further variables, read when a run begins.
    package var envFile: String?
    /// Variables of the daemon that the workload gets too.
    package var inheritEnv: [String] = []
    package var workingDir: String?
    /// A name, or a number in digits.
    package var user: String?
    package var group: String?
    /// Nil is the daemon's.
    package var umask: UInt16?
    package var limits = ProcessLimits()
    /// Setuid programs and capabilities of files give nothing to the workload.
    package var noNewPrivileges = true
    package var stopSignal: StopSignal = .term
    package var stopTimeout = 10.0
    /// Restarts within `restartWindow` after which a workload is given up as failed; nil is never.
    package var maxRestarts: Int?
    package var restartWindow = 600.0
    package var dependsOn: [String] = []
    package var ready: ReadinessProbe?
    package var overlap: OverlapRule = .skip
    package var missedRuns: MissedRunsRule = .skip
    package var logMaxMB = 10
    package var logKeep = 5
    package var logWaitSeconds = 60.0
    package var enabled = true
    /// The release folder the workload comes from; nil where it is the client's own.
    package var releaseRoot: String?

    package init(name: String, program: Program) {
        self.name = name
        self.program = program
    }

    /// True where going from `self` to `other` needs no restart: only what describes the workload has changed.
    package func runsLike(_ other: WorkloadSpec) -> Bool {
        var mine = self
        mine.tags = other.tags
        return mine == other
    }
}

/// What is run: a Python callable or any program.
package enum Program: Codable, Hashable, Sendable {
    /// `entryPoint` of `module` is called with `params` as keyword arguments by `python`.
    case module(String, entryPoint: String, params: [String: JSONValue], python: String)
    /// A program and its arguments; the first is looked up in `PATH`.
    case command([String])
}

/// What each process of a workload may use at most; nil is as the daemon has it.
package struct ProcessLimits: Codable, Hashable, Sendable {
    package var openFiles: Int?
    /// Of the user, on the whole host.
    package var processes: Int?
    package var coreMB: Int?
    /// Of each file that is written.
    package var fileMB: Int?

    package init() {}
}

package enum WorkloadType: String, Codable, Sendable, CaseIterable {
    case agent, script, service
    /// Of a report that says something else, or nothing; `Workload.unknownText` has its words.
    case unknown

    /// What a file may say.
    package static let allCases: [WorkloadType] = [.agent, .script, .service]
}

package enum RunMode: String, Codable, Sendable, CaseIterable {
    case schedule, forever
    case nTimes = "n_times"
}

/// What to do when a schedule fires while the last run still lives.
package enum OverlapRule: String, Codable, Sendable, CaseIterable {
    case skip, queue, kill
}

/// What to do about runs that fell due while the daemon or the host was down.
package enum MissedRunsRule: String, Codable, Sendable, CaseIterable {
    case skip, once
}

/// How a workload is asked to end.
package enum StopSignal: String, Codable, Sendable, CaseIterable {
    case term = "TERM"
    case int = "INT"
    case hup = "HUP"
    case quit = "QUIT"
    case usr1 = "USR1"
    case usr2 = "USR2"
    case kill = "KILL"
}

/// How one finds out that a workload can do its work.
package struct ReadinessProbe: Codable, Hashable, Sendable {
    package enum Check: Codable, Hashable, Sendable {
        /// A command that exits 0.
        case exec([String])
        /// A URL that answers with 200 to 399.
        case http(String)
        /// A port that accepts a connection.
        case tcp(host: String, port: Int)
    }

    package var check: Check
    package var interval = 1.0
    package var timeout = 60.0

    package init(check: Check) { self.check = check }
}
