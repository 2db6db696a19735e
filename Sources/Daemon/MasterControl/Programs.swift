import AsyncHTTPClient
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
func runPrograms(_ options: DaemonOptions) async throws {
    let environment = ProcessInfo.processInfo.environment
    let reading = ConfigurationReader(environment: environment).daemonSettings(configDir: options.configDir)
    guard reading.issues.isEmpty else {
        throw CommandFailure(
            (["the configuration is not valid:"] + reading.issues.map(\.description)).joined(separator: "\n"))
    }
    let settings = reading.settings
    FileLimit.raise()
    _ = ProcessMeasures.started
    do {
        let logger = try makeLogger(options)
        logger.info(
            "starting", metadata: ["version": "\(ProgramVersion.current)", "config_dir": "\(options.configDir)"])
        try await withHTTP { http in
            let receiver = settings.fleet.centralAPIURL.map { url in
                CentralReceiver(CentralClient(url: url, token: settings.fleet.apiToken, http: http))
            }
            let daemon = try await buildDaemon(
                options: options, settings: settings.fleet, environment: environment, receiver: receiver,
                readiness: SystemReadinessChecker(http: HTTPProbe(http)),
                logger: logger)
            let central = try makeCentral(settings.central, environment: environment, http: http, logger: logger)
            let services = [daemon.socketService] + (central?.services ?? []) + daemon.services
            try await serve(services, until: daemon.leaveService, logger: logger)
            withExtendedLifetime(daemon.lock) {}
        }
        logger.info("ended")
    } catch let failure as CommandFailure {
        throw failure
    } catch {
        throw CommandFailure("\(error)")
    }
}

/// The central, where `daemon.yaml` enables it.
private func makeCentral(
    _ settings: CentralSettings, environment: [String: String], http: HTTPClient, logger: Logger
) throws -> Central? {
    guard settings.enabled else { return nil }
    let reading = ConfigurationReader(environment: environment).inventory(at: settings.inventoryPath)
    guard reading.issues.isEmpty else {
        throw CommandFailure(
            (["the inventory is not valid:"] + reading.issues.map(\.description)).joined(separator: "\n"))
    }
    let time = SystemTime()
    let store = try SQLiteFleetStore(path: settings.dbPath, logger: logger)
    return try buildCentral(
        settings: settings, inventory: reading.inventory, store: store, deployments: store, environment: environment,
        http: http,
        now: {
            let now = time.now()
            return CentralMoment(wall: now.wall, monotonic: now.monotonic)
        }, logger: logger)
}

private func serve(_ services: [any Service], until leave: any Service, logger: Logger) async throws {
    var quiet = logger
    quiet.logLevel = .critical
    let configurations =
        services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        + [
            ServiceGroupConfiguration.ServiceConfiguration(
                service: leave, successTerminationBehavior: .gracefullyShutdownGroup)
        ]
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
}

/// To `logs/daemon.log`, and to a terminal where there is one.
private func makeLogger(_ options: DaemonOptions) throws -> Logger {
    if mkdir(options.logDir, 0o755) != 0, errno != EEXIST {
        throw CommandFailure("cannot make the folder '\(options.logDir)' for logs; set another one with --log-dir")
    }
    let file = try DaemonLogFile(path: options.logDir + "/daemon.log")
    let terminal: (@Sendable (String) -> Void)? = isatty(2) == 1 ? { @Sendable line in writeError(line + "\n") } : nil
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
