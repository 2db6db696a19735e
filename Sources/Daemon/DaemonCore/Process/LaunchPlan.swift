import FleetModel

/// All that a keeper is told about a run: plain values, made from the definition before anything happens.
package struct LaunchPlan: Hashable, Sendable {
    package var name: String
    package var generation: Int64
    package var runID: String
    package var arguments: [String]
    /// What its processes get.
    package var context: ExecutionContext
    package var logPath: String
    package var logMaxMB: Int
    package var logKeep: Int
    /// Seconds that the output of one that has ended waits for the disk.
    package var logWait = 60.0
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
    /// - Parameters:
    ///   - environment: the daemon's own, of which workloads inherit little.
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
        var marks = ["MCTL_WORKLOAD": spec.name]
        switch spec.program {
        case .module(let module, let entryPoint, let params, let python):
            arguments = [python, "-u", paths.moduleRunner, module, entryPoint]
            marks["MCTL_MODULE_ROOT"] = root
            // Not as an argument: others on the host can read those.
            marks["MCTL_MODULE_PARAMS"] = parameters(params)
            marks["PYTHONUNBUFFERED"] = "1"
        case .command(let words):
            arguments = words
        }
        context = ExecutionContext(spec, root: root, environment: environment, marks: marks, runID: runID)
        logPath = paths.log(of: spec.name)
        logMaxMB = spec.logMaxMB
        logKeep = spec.logKeep
        logWait = spec.logWaitSeconds
        stopSignal = SignalName.number(of: spec.stopSignal)
        stopTimeout = spec.stopTimeout
    }
}

func absolute(_ path: String, below root: String) -> String { path.hasPrefix("/") ? path : "\(root)/\(path)" }
