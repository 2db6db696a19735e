import FleetModel

/// On what terms the processes of a workload live, whichever of them it is: a run, a run in the foreground, a probe.
///
/// A value, made from the definition before anything happens; `become.c` puts it into effect.
package struct ExecutionContext: Hashable, Sendable {
    /// What the definition does not say itself: from the daemon, and about the workload.
    package var surroundings: [String: String]
    /// What it says itself, over all else.
    package var own: [String: String]
    /// A file of variables that come between the two.
    package var environmentFile: String?
    package var workingDirectory: String
    package var user: String?
    package var group: String?
    package var umask: UInt16?
    package var limits: ProcessLimits
    package var memoryLimitMB: Int?
    package var nice: Int?
    package var noNewPrivileges: Bool

    /// - Parameters:
    ///   - root: where relative paths begin.
    ///   - environment: the daemon's own.
    ///   - marks: variables that tell the program about the workload it is.
    ///   - runID: marks the run in the environment of all its processes; unguessable, so that nobody else carries it.
    init(
        _ spec: WorkloadSpec, root: String, environment: [String: String], marks: [String: String], runID: String
    ) {
        surroundings = WorkloadEnvironment.inherited(from: environment, named: spec.inheritEnv)
            .merging(marks) { _, mark in mark }
        own = spec.env
        own["MCTL_RUN_ID"] = runID
        environmentFile = spec.envFile.map { absolute($0, below: root) }
        workingDirectory = spec.workingDir.map { absolute($0, below: root) } ?? root
        user = spec.user
        group = spec.group
        umask = spec.umask
        limits = spec.limits
        memoryLimitMB = spec.memoryLimitMB
        nice = spec.cpuNice
        noNewPrivileges = spec.noNewPrivileges
    }

    /// For a process of our own, which may all that the daemon may.
    /// - Parameter environment: all of it.
    init(ofOurOwn environment: [String: String], workingDirectory: String) {
        surroundings = [:]
        own = environment
        self.workingDirectory = workingDirectory
        limits = ProcessLimits()
        noNewPrivileges = false
    }

    /// The fields that `mcp_read_context` reads.
    /// - Parameter account: the user and group of the context.
    func write(_ arguments: [String], as account: Account, to fields: inout FieldBlock) {
        fields.put("working-dir", workingDirectory)
        if account.isAnother {
            fields.put("uid", account.uid)
            fields.put("gid", account.gid)
            for group in account.groups { fields.put("group", group) }
        }
        if account.losesCapabilities { fields.put("drop-capabilities", 1) }
        if !noNewPrivileges { fields.put("new-privileges", 1) }
        if let umask { fields.put("umask", umask) }
        if let nice { fields.put("nice", nice) }
        if let memoryLimitMB { fields.put("memory-limit", memoryLimitMB << 20) }
        if let files = FileLimit.inherited { fields.put("file-limit", files) }
        if let files = limits.openFiles { fields.put("limit-files", files) }
        if let processes = limits.processes { fields.put("limit-processes", processes) }
        if let megabytes = limits.coreMB { fields.put("limit-core", megabytes << 20) }
        if let megabytes = limits.fileMB { fields.put("limit-file-size", megabytes << 20) }
        for (name, value) in account.variables.merging(surroundings, uniquingKeysWith: { _, named in named }) {
            fields.put("env", "\(name)=\(value)")
        }
        if let environmentFile { fields.put("env-file", environmentFile) }
        for (name, value) in own { fields.put("own-env", "\(name)=\(value)") }
        for argument in arguments { fields.put("arg", argument) }
    }
}

/// What of the daemon's environment is a workload's too.
enum WorkloadEnvironment {
    /// Where programs are looked for if the daemon does not know either.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private static let shared: Set<String> = ["PATH", "LANG", "TZ"]

    /// - Parameter names: what the definition wants beyond the few that all get; who it is comes from the account.
    static func inherited(from environment: [String: String], named names: [String]) -> [String: String] {
        let named = Set(names)
        var found = environment.filter { name, _ in
            shared.contains(name) || name.hasPrefix("LC_") || named.contains(name)
        }
        if found["PATH"] == nil { found["PATH"] = path }
        return found
    }
}
