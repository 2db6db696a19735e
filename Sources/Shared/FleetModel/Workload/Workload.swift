/// A workload as the wire has it: its definition in short and what it does now.
package struct Workload: Hashable, Sendable {
    package var name: String
    package var type: WorkloadType
    package var runMode: RunMode
    package var status: WorkloadStatus
    package var pid: Int32?
    /// Runs that were begun.
    package var runCount: Int
    package var lastStarted: Timestamp?
    package var lastError: String?
    package var version: String?
    package var memoryLimitMB: Int?
    package var cpuNice: Int?
    package var lastStopped: Timestamp?
    package var lastExitCode: Int32?
    /// Name of the signal that ended the last run, without `SIG`.
    package var lastSignal: String?
    /// Starts that were not asked for: after a failure or an exit.
    package var restarts: Int?
    package var nextRun: Timestamp?
    /// Resident memory of all its processes, MiB.
    package var rssMB: Double?
    /// Of one core, over the time since the last look.
    package var cpuPercent: Double?
    package var uptimeSeconds: Double?
    /// Version of the release it comes from; nil where it is the client's own. Written only where there is one.
    package var release: String?
    /// Whether its readiness probe has said yes in this run. Written only where it has one, and runs.
    package var ready: Bool?
    /// What the report called its type, run mode or status, where that is none of ours: `status 'hibernating'`. Written
    /// only where there is such a word.
    package var unknownText: String?

    package init(name: String, type: WorkloadType, runMode: RunMode, status: WorkloadStatus, runCount: Int = 0) {
        self.name = name
        self.type = type
        self.runMode = runMode
        self.status = status
        self.runCount = runCount
    }
}

extension Workload: Codable {
    enum CodingKeys: String, CodingKey {
        case name, type, status, pid, version, restarts, release, ready
        case runMode = "run_mode"
        case runCount = "run_count"
        case lastStarted = "last_started"
        case lastError = "last_error"
        case memoryLimitMB = "memory_limit_mb"
        case cpuNice = "cpu_nice"
        case lastStopped = "last_stopped"
        case lastExitCode = "last_exit_code"
        case lastSignal = "last_signal"
        case nextRun = "next_run"
        case rssMB = "rss_mb"
        case cpuPercent = "cpu_percent"
        case uptimeSeconds = "uptime_seconds"
        case unknownText = "unknown_text"
    }

    /// Takes what it understands: only a name that is missing and a time that is none are errors. What an older program
    /// leaves out has its default, and what a newer one says in a word of its own is `unknown`, with that word.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        var odd: [String] = []
        func word<Word: RawRepresentable>(_ key: CodingKeys, _ title: String, or unknown: Word) -> Word
        where Word.RawValue == String {
            guard let text = container.lenient(String.self, key) else { return unknown }
            if let word = Word(rawValue: text) { return word }
            odd.append("\(title) '\(text.cut(toBytes: 64))'")
            return unknown
        }
        type = word(.type, "type", or: .unknown)
        runMode = word(.runMode, "run mode", or: .forever)
        status = word(.status, "status", or: .unknown)
        pid = container.lenientSmall(.pid)
        runCount = container.lenientWhole(.runCount) ?? 0
        lastStarted = try container.decodeIfPresent(Timestamp.self, forKey: .lastStarted)
        lastError = container.lenient(String.self, .lastError)
        version = container.lenient(String.self, .version)
        memoryLimitMB = container.lenientWhole(.memoryLimitMB)
        cpuNice = container.lenientWhole(.cpuNice)
        lastStopped = try container.decodeIfPresent(Timestamp.self, forKey: .lastStopped)
        lastExitCode = container.lenientSmall(.lastExitCode)
        lastSignal = container.lenient(String.self, .lastSignal)
        restarts = container.lenientWhole(.restarts)
        nextRun = try container.decodeIfPresent(Timestamp.self, forKey: .nextRun)
        rssMB = container.lenient(Double.self, .rssMB)
        cpuPercent = container.lenient(Double.self, .cpuPercent)
        uptimeSeconds = container.lenient(Double.self, .uptimeSeconds)
        release = container.lenient(String.self, .release)
        ready = container.lenient(Bool.self, .ready)
        let told = container.lenient(String.self, .unknownText)
        unknownText = odd.isEmpty ? told : odd.joined(separator: ", ")
    }

    /// What is not known is written as null, so that a reader always finds every name.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(runMode, forKey: .runMode)
        try container.encode(status, forKey: .status)
        try container.encode(pid, forKey: .pid)
        try container.encode(runCount, forKey: .runCount)
        try container.encode(lastStarted, forKey: .lastStarted)
        try container.encode(lastError, forKey: .lastError)
        try container.encode(version, forKey: .version)
        try container.encode(memoryLimitMB, forKey: .memoryLimitMB)
        try container.encode(cpuNice, forKey: .cpuNice)
        try container.encode(lastStopped, forKey: .lastStopped)
        try container.encode(lastExitCode, forKey: .lastExitCode)
        try container.encode(lastSignal, forKey: .lastSignal)
        try container.encode(restarts, forKey: .restarts)
        try container.encode(nextRun, forKey: .nextRun)
        try container.encode(rssMB, forKey: .rssMB)
        try container.encode(cpuPercent, forKey: .cpuPercent)
        try container.encode(uptimeSeconds, forKey: .uptimeSeconds)
        try container.encodeIfPresent(release, forKey: .release)
        try container.encodeIfPresent(ready, forKey: .ready)
        try container.encodeIfPresent(unknownText, forKey: .unknownText)
    }
}
