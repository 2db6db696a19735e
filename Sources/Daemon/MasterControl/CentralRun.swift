import CentralServer
import DaemonCore
import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle

/// `central`: the central of `daemon.yaml` and nothing else, until it is asked to end.
func runCentral(_ options: DaemonOptions) async throws {
    let environment = ProcessInfo.processInfo.environment
    // Who begins us as its own has said where it looks for what becomes of us.
    let watcher = environment[CentralReport.variable]
    let runID = environment["MCTL_RUN_ID"] ?? ""
    // Until there is somebody to take it, what asks for a reload must not end us.
    signal(SIGHUP, SIG_IGN)
    if watcher != nil { becomeWatched() }
    let logger = centralLogger()
    var identity = ""
    do {
        let settings = try validSettings(options, environment: environment).settings.central
        guard settings.enabled else { throw CommandFailure("daemon.yaml enables no central (central.enabled)") }
        let setup = try CentralSetup(settings, configDir: options.configDir, environment: environment)
        identity = setup.identity
        FileLimit.raise()
        _ = ProcessMeasures.started
        logger.info(
            "starting", metadata: ["version": "\(ProgramVersion.current)", "config_dir": "\(options.configDir)"])
        let report = CentralReport(runID: runID, identity: identity, files: setup.files)
        let reload = CentralReload(
            configDir: options.configDir, environment: environment, watcher: watcher, report: report, setup: setup,
            logger: logger)
        try await serveCentral(setup, environment: environment, reload, logger: logger)
        logger.info("ended")
    } catch {
        guard let watcher else { throw error is CommandFailure ? error : CommandFailure("\(error)") }
        logger.critical("the central cannot go on", metadata: ["error": "\(error)"])
        _ = CentralReport(runID: runID, identity: identity, failure: "\(error)").write(to: watcher)
        throw CommandFailure.silent
    }
}

private func serveCentral(
    _ setup: CentralSetup, environment: [String: String], _ reload: CentralReload, logger: Logger
) async throws {
    let settings = setup.settings
    try await withHTTP { http in
        let lock = try DirectoryLock(
            besideDatabase: settings.dbPath, of: "central", advice: "end it or set another central.db_path")
        let time = SystemTime()
        let store = try SQLiteFleetStore(path: settings.dbPath, logger: logger)
        let central = try buildCentral(
            settings: settings, inventory: setup.inventory, files: setup.files, store: store, deployments: store,
            environment: environment, bootID: HostDescription.bootID(), http: http,
            now: {
                let now = time.now()
                return CentralMoment(wall: now.wall, monotonic: now.monotonic)
            }, logger: logger, onListening: { reload.listens(at: $0) })
        let services = central.services + [CentralReloadService(reload: reload, central: central)]
        try await serve(services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }, logger)
        withExtendedLifetime(lock) {}
    }
}

/// Under a keeper a log that nobody takes is no reason to wait.
private func becomeWatched() {
    // Only where the keeper's FIFO is what we write to, which nobody shares with us.
    var status = stat()
    guard fstat(2, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
    _ = fcntl(2, F_SETFL, fcntl(2, F_GETFL) | O_NONBLOCK)
}

/// To standard error: readable for a person, otherwise as the daemon's own log is.
private func centralLogger() -> Logger {
    let isTerminal = isatty(2) == 1
    let file = isTerminal ? nil : DaemonLogFile(descriptor: 2)
    let terminal: (@Sendable (String) -> Void)? = isTerminal ? { @Sendable line in writeError(line + "\n") } : nil
    let time = SystemTime()
    return Logger(label: "central") { label in
        DaemonLogHandler(label: label, file: file, terminal: terminal, now: { time.now().wall })
    }
}
