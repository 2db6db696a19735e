import FleetModel

/// The central as the daemon begins it: this program, in a process of its own.
package struct CentralProgram: Hashable, Sendable {
    /// The program and its arguments; nothing secret, as others on the host can read it.
    package var arguments: [String]
    /// All of the daemon's own: files of the inventory and of releases may name any of it, and ssh needs its agent.
    package var environment: [String: String]
    /// What the central makes of itself where program, configuration and inventory are those of this daemon.
    package var identity: String
    /// Where it listens, as it is reached from this host.
    package var host: String

    package init(
        arguments: [String], environment: [String: String], identity: String, host: String = "127.0.0.1"
    ) {
        self.host = Self.reachable(host)
        self.arguments = arguments
        self.environment = environment
        self.identity = identity
    }
}

extension CentralProgram {
    /// An address that stands for all of this host's is none to connect to.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0", "": "127.0.0.1"
        case "::", "[::]": "::1"
        default: host
        }
    }

    /// Its name among the daemon's own runs. Those have a folder of their own, that no workload's name can lead to.
    static let name = "central"
    private static let folder = ".daemon"
    static let stopTimeout = 30.0

    /// Where the central's run is kept: like a workload's, and apart from them.
    /// - Throws: `StateError` where the folder can't be made.
    static func paths(of daemon: DaemonPaths) throws -> DaemonPaths {
        var paths = daemon
        paths.runDirectory = "\(daemon.runDirectory)/\(folder)"
        try DaemonPaths.makeFolder(paths.runDirectory, mode: 0o700)
        return paths
    }

    /// Whether an earlier life of a daemon has left one that nobody has heard the end of.
    static func isLeft(in daemon: DaemonPaths) -> Bool {
        RunFolder(path: "\(daemon.runDirectory)/\(folder)/\(name)").record != nil
    }

    static func log(of daemon: DaemonPaths) throws -> LogFiles {
        LogFiles(path: daemon.log(of: name), basePath: "\(try paths(of: daemon).runDirectory(of: name))/log-base")
    }

    func plan(generation: Int64, runID: String, paths: DaemonPaths) -> LaunchPlan {
        var variables = environment
        variables["MCTL_RUN_ID"] = runID
        variables[CentralReport.variable] = CentralReport.path(in: paths)
        return LaunchPlan(
            name: Self.name, generation: generation, runID: runID, arguments: arguments,
            context: ExecutionContext(ofOurOwn: variables, workingDirectory: paths.workingDirectory),
            logPath: paths.log(of: Self.name), logMaxMB: 10, logKeep: 5, stopSignal: SignalName.number(of: .term),
            stopTimeout: Self.stopTimeout)
    }
}
