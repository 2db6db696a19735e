import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetModel
import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOPosix

/// A supervisor with real keepers and real processes in a folder of its own, on a clock that really runs.
final class Workshop: Sendable {
    let path: String
    let supervisor: Supervisor
    let launcher: KeeperLauncher
    let errands: ErrandRunner
    let paths: DaemonPaths
    let store: any StateStore
    private let running: Task<Void, Never>
    /// One for all tests; it lives as long as the process.
    static let http = HTTPClient.fleet()

    /// - Parameters:
    ///   - folder: of an earlier workshop, to come after it.
    ///   - environment: the daemon's.
    ///   - keeper: another program in the place of the keeper.
    ///   - told: hears what is said in the daemon's log as a warning or worse.
    init(
        folder: String? = nil, store: (any StateStore)? = nil, controlGroup: ControlGroup? = nil,
        environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"], keeper: String? = nil,
        told: (@Sendable (String) -> Void)? = nil
    ) throws {
        path = try folder ?? Self.newFolder()
        self.store = store ?? MemoryStateStore()
        paths = DaemonPaths(
            workingDirectory: path, logDirectory: path, runDirectory: path + "/run",
            moduleRunner: path + "/module_runner.py")
        mkdir(paths.runDirectory, 0o755)
        try ModuleRunner.install(at: paths.moduleRunner)
        let logger = Logger(label: "test") { _ in Listener(told: told ?? { _ in }) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let keeper = try keeper ?? Self.keeperPath()
        errands = ErrandRunner(keeperPath: keeper, controlGroup: controlGroup)
        launcher = KeeperLauncher(
            paths: paths, keeperPath: keeper, bootID: HostDescription.bootID(),
            controlGroup: controlGroup, loop: loop, logger: logger)
        supervisor = Supervisor(
            Supervisor.Surroundings(
                launcher: launcher, store: self.store, time: SystemTime(), alarm: try BootAlarm(),
                readiness: SystemReadinessChecker(http: HTTPProbe(Self.http), errands: errands), paths: paths,
                environment: environment, zone: { _ in FixedZone.utc },
                chance: { 0.5 }, runID: { "\(UInt64.random(in: .min ... .max))" }, logger: logger))
        let supervisor = supervisor
        running = Task { await supervisor.run() }
    }

    /// Ends it as `down` does, or as `down --keep-workloads` does.
    func close(keepingWorkloads: Bool = false) async {
        await supervisor.shutdown(keepingWorkloads: keepingWorkloads)
        await running.value
        if !keepingWorkloads { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Those that work in its folder.
    var processes: [Int32] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return pids.compactMap { Int32($0) }.filter { pid in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == path
        }
    }

    func log(_ name: String, last count: Int = 1000) -> [String] { LogTail(path: paths.log(of: name)).lines(count) }

    /// Looks until `isSo` holds of the workload, at most two minutes: a machine that runs all tests at once is slow.
    func until(_ name: String, _ isSo: (Workload) -> Bool) async throws -> Workload {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            let workload = try await supervisor.status(name).workload
            if isSo(workload) { return workload }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Impatience(workload: try await supervisor.status(name).workload)
    }

    private struct Listener: LogHandler {
        let told: @Sendable (String) -> Void
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { told(event.message.description) }
    }

    struct Impatience: Error { var workload: Workload }

    private static func newFolder() throws -> String {
        let path = "/tmp/mctl-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// The keeper lies beside the test program, which is where it was built.
    private static func keeperPath() throws -> String {
        try KeeperProgram.find(environment: ProcessInfo.processInfo.environment)
    }
}

/// Whether a process runs. One that has ended and that nobody has waited for (an orphan, where the first process of a
/// container reaps nothing) does not.
func alive(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
}

extension WorkloadSpec {
    static func shell(_ name: String, _ script: String) -> WorkloadSpec {
        var spec = WorkloadSpec(name: name, program: .command(["sh", "-c", script]))
        spec.restartDelay = 0.05
        spec.stopTimeout = 1
        return spec
    }
}
