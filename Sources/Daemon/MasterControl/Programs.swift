import CentralServer
import DaemonCore
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// `up`: reads `daemon.yaml`, wires up what it enables, and runs that until it is asked to end.
func runPrograms(_ options: DaemonOptions, resettingState: Bool = false) async throws {
    let all = ProcessInfo.processInfo.environment
    let manager = ServiceManager(environment: all)
    // What is begun from here, the central too, must not speak to systemd in the daemon's name.
    let environment = all.filter { !ServiceManager.variables.contains($0.key) }
    if let problem = HostZone.problem(in: environment) { throw CommandFailure(problem) }
    let reading = try validSettings(options, environment: environment)
    let settings = reading.settings
    let central = try centralProgram(settings.central, options: options, environment: environment)
    FileLimit.raise()
    _ = ProcessMeasures.started
    do {
        let logger = try makeLogger(options)
        logger.notice(
            "starting", metadata: ["version": "\(ProgramVersion.current)", "config_dir": "\(options.configDir)"])
        for notice in reading.notices { logger.warning("\(notice)") }
        try await withHTTP { http in
            let sender = settings.fleet.centralAPIURL.map { url in
                CentralHeartbeatSender(CentralClient(url: url, token: settings.fleet.apiToken, http: http))
            }
            let daemon = try await buildDaemon(
                options: options, settings: settings.fleet, environment: environment, sender: sender,
                probe: HTTPProbe(http), central: central, manager: manager, terminal: terminal,
                complain: complaints, resettingState: resettingState, logger: logger)
            let services = ([daemon.socketService] + daemon.services).map {
                ServiceGroupConfiguration.ServiceConfiguration(service: $0)
            }
            let leave = ServiceGroupConfiguration.ServiceConfiguration(
                service: daemon.leaveService, successTerminationBehavior: .gracefullyShutdownGroup)
            try await daemon.run { try await serve(services + [leave], logger) }
            withExtendedLifetime(daemon.lock) {}
        }
        logger.notice("ended")
    } catch let failure as CommandFailure {
        throw failure
    } catch {
        throw CommandFailure("\(error)")
    }
}

/// - Throws: `CommandFailure` with everything that is wrong with `daemon.yaml`.
func validSettings(_ options: DaemonOptions, environment: [String: String]) throws -> SettingsReading {
    let reading = ConfigurationReader(environment: environment).daemonSettings(configDir: options.configDir)
    guard reading.issues.isEmpty else {
        throw CommandFailure(
            (["the configuration is not valid:"] + reading.issues.map(\.description)).joined(separator: "\n"))
    }
    return reading
}

/// The central, where `daemon.yaml` enables it.
private func centralProgram(
    _ settings: CentralSettings, options: DaemonOptions, environment: [String: String]
) throws -> CentralProgram? {
    guard settings.enabled else { return nil }
    return CentralProgram(
        arguments: [KeeperProgram.ownProgram(), "central", "--config-dir=\(options.configDir)"],
        environment: environment,
        identity: try CentralSetup(settings, configDir: options.configDir, environment: environment).identity,
        host: BindDecision.central(settings).host)
}

/// Runs services until SIGTERM or SIGINT, or one of them ends it.
func serve(_ services: [ServiceGroupConfiguration.ServiceConfiguration], _ logger: Logger) async throws {
    var quiet = logger
    quiet.logLevel = .critical
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
}

/// Takes what is wrong with files where the log does not go to standard error: a terminal and the journal have it
/// from the log.
private var complaints: (@Sendable (String) -> Void)? {
    guard terminal == nil, !Journal.takes(2) else { return nil }
    return { @Sendable line in writeError(line + "\n") }
}

/// Takes readable lines; nil where nobody sees them.
private var terminal: (@Sendable (String) -> Void)? {
    isatty(2) == 1 ? { @Sendable line in writeError(line + "\n") } : nil
}

/// To `logs/daemon.log`, and to a terminal where there is one.
private func makeLogger(_ options: DaemonOptions) throws -> Logger {
    if mkdir(options.logDir, 0o755) != 0, errno != EEXIST {
        throw CommandFailure("cannot make the folder '\(options.logDir)' for logs; set another one with --log-dir")
    }
    let file = try DaemonLogFile(path: options.logDir + "/daemon.log")
    let terminal = terminal
    let journal: (@Sendable (String) -> Void)? = Journal.takes(2) ? { @Sendable in writeError($0 + "\n") } : nil
    let time = SystemTime()
    return Logger(label: "master-control") { label in
        DaemonLogHandler(
            label: label, file: file, terminal: terminal, journal: journal, spare: { writeError($0 + "\n") },
            now: { time.now().wall })
    }
}

/// `run`: one run of a workload in place of this process.
func runOnce(_ name: String, options: DaemonOptions) throws -> Never {
    let environment = ProcessInfo.processInfo.environment
    let reader = ConfigurationReader(environment: environment)
    let settings = reader.daemonSettings(configDir: options.configDir).settings
    let installation = Installation(configDir: options.configDir, installDir: settings.fleet.installDir)
    let reading = reader.workloads(in: installation.workloadDirectories)
    guard let spec = reading.specs.first(where: { $0.name == name }) else {
        let hint = WorkloadNames.hint(for: name, among: reading.specs.map(\.name))
        throw CommandFailure(
            (["there is no valid workload '\(name)' in '\(options.configDir)'" + hint]
                + reading.issues.map(\.description)).joined(separator: "\n"))
    }
    do {
        try ForegroundRun.become(spec, environment: environment)
    } catch let error as LaunchError {
        throw CommandFailure(error.reason)
    }
}
