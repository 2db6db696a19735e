import FleetModel

/// All that a keeper is told about a run: plain values, made from the definition before anything happens.
package struct LaunchPlan: Hashable, Sendable {
    package var name: String
    package var generation: Int64
    package var runID: String
    package var arguments: [String]
    package var environment: [String: String]
    package var workingDirectory: String
    package var user: String?
    package var memoryLimitMB: Int?
    package var nice: Int?
    package var logPath: String
    package var logMaxMB: Int
    package var logKeep: Int
    package var stopSignal: Int32
    package var stopTimeout: Double
}

/// Where a daemon keeps what belongs to its workloads. All paths are absolute.
package struct DaemonPaths: Hashable, Sendable {
    /// Working directory of workloads that do not come from a release.
    package var workingDirectory: String
    package var logDirectory: String
    /// A folder a workload: the keeper's FIFO, socket and record.
    package var runDirectory: String
    /// The Python program that calls the function of a `module` workload.
    package var moduleRunner: String

    package init(workingDirectory: String, logDirectory: String, runDirectory: String, moduleRunner: String) {
        self.workingDirectory = workingDirectory
        self.logDirectory = logDirectory
        self.runDirectory = runDirectory
        self.moduleRunner = moduleRunner
    }

    package func log(of name: String) -> String { "\(logDirectory)/\(name).log" }
    package func runDirectory(of name: String) -> String { "\(runDirectory)/\(name)" }
}

extension LaunchPlan {
    /// Variables of the daemon that no workload gets.
    static let withheld: Set<String> = ["MCTL_API_TOKEN"]

    /// - Parameters:
    ///   - environment: the daemon's own, which workloads inherit.
    ///   - runID: marks the run in the environment of all its processes; unguessable, so that nobody else carries it.
    ///   - parameters: `params` as JSON text, for a module.
    package init(
        _ spec: WorkloadSpec, generation: Int64, runID: String, paths: DaemonPaths, environment: [String: String],
        parameters: (([String: JSONValue]) -> String)
    ) {
        name = spec.name
        self.generation = generation
        self.runID = runID
        let root = spec.releaseRoot ?? paths.workingDirectory
        var variables = environment.filter { !Self.withheld.contains($0.key) }
        variables["MCTL_WORKLOAD"] = spec.name
        switch spec.program {
        case .module(let module, let entryPoint, let params, let python):
            arguments = [python, "-u", paths.moduleRunner, module, entryPoint]
            variables["MCTL_MODULE_ROOT"] = root
            // Not as an argument: others on the host can read those.
            variables["MCTL_MODULE_PARAMS"] = parameters(params)
            variables["PYTHONUNBUFFERED"] = "1"
        case .command(let words):
            arguments = words
        }
        variables.merge(spec.env) { _, own in own }
        variables["MCTL_RUN_ID"] = runID
        self.environment = variables
        workingDirectory = spec.workingDir.map { absolute($0, below: root) } ?? root
        user = spec.user
        memoryLimitMB = spec.memoryLimitMB
        nice = spec.cpuNice
        logPath = paths.log(of: spec.name)
        logMaxMB = spec.logMaxMB
        logKeep = spec.logKeep
        stopSignal = SignalName.number(of: spec.stopSignal)
        stopTimeout = spec.stopTimeout
    }
}

func absolute(_ path: String, below root: String) -> String { path.hasPrefix("/") ? path : "\(root)/\(path)" }
