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
func runPrograms(_ options: DaemonOptions) async throws {
    let environment = ProcessInfo.processInfo.environment
    if let problem = HostZone.problem(in: environment) { throw CommandFailure(problem) }
    let reading = try validSettings(options, environment: environment)
    let settings = reading.settings
    let central = try centralProgram(settings.central, options: options, environment: environment)
    FileLimit.raise()
    _ = ProcessMeasures.started
    do {
        let logger = try makeLogger(options)
        logger.info(
            "starting", metadata: ["version": "\(ProgramVersion.current)", "config_dir": "\(options.configDir)"])
        for notice in reading.notices { logger.warning("\(notice)") }
        try await withHTTP { http in
            let receiver = settings.fleet.centralAPIURL.map { url in
                CentralReceiver(CentralClient(url: url, token: settings.fleet.apiToken, http: http))
            }
            let daemon = try await buildDaemon(
                options: options, settings: settings.fleet, environment: environment, receiver: receiver,
                probe: HTTPProbe(http), central: central, terminal: terminal,
                logger: logger)
            let services = ([daemon.socketService] + daemon.services).map {
                ServiceGroupConfiguration.ServiceConfiguration(service: $0)
            }
            let leave = ServiceGroupConfiguration.ServiceConfiguration(
                service: daemon.leaveService, successTerminationBehavior: .gracefullyShutdownGroup)
            try await daemon.run { try await serve(services + [leave], logger) }
            withExtendedLifetime(daemon.lock) {}
        }
        logger.info("ended")
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
        identity: try CentralSetup(settings, environment: environment).identity)
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
    let time = SystemTime()
    return Logger(label: "master-control") { label in
        DaemonLogHandler(
            label: label, file: file, terminal: terminal, spare: { writeError($0 + "\n") }, now: { time.now().wall })
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
