import FleetConfig
import FleetHTTP
import FleetModel
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A daemon that is wired up: services in the order of their start, ended in the reverse order.
package struct Daemon: Sendable {
    package var services: [any Service]
    /// The Unix socket: to be started before all others, so that it goes last and its going says that all have gone.
    package var socketService: any Service
    /// The one whose return ends all others.
    package var leaveService: any Service
    package var control: DaemonControl
    /// Held as long as this value lives.
    package let lock: DirectoryLock
}

/// Wires up the daemon of one directory; its services do the rest.
///
/// - Parameters:
///   - receiver: where heartbeats go; nil where there is no central.
/// - Throws: `StateError` or `LaunchError` with a sentence that says what to do.
package func buildDaemon(
    options: DaemonOptions, settings: FleetSettings, environment: [String: String],
    receiver: (any HeartbeatReceiver)?, readiness: any ReadinessChecker, logger: Logger
) async throws -> Daemon {
    let lock = try DirectoryLock(besideDatabase: options.dbPath)
    let paths = try DaemonPaths(options: options)
    try ModuleRunner.install(at: paths.moduleRunner)
    let loops = MultiThreadedEventLoopGroup.singleton
    let time = SystemTime()
    let bootID = HostDescription.bootID()
    let launcher = KeeperLauncher(
        paths: paths, keeperPath: try KeeperProgram.find(environment: environment), bootID: bootID,
        controlGroup: ControlGroup.delegated(environment: environment), loop: loops.next(), logger: logger)
    let supervisor = Supervisor(
        Supervisor.Surroundings(
            launcher: launcher, store: try SQLiteStateStore(path: options.dbPath, logger: logger), time: time,
            alarm: LoopAlarm(loop: loops.next()), readiness: readiness, paths: paths, environment: environment,
            zone: Zones.zone(of:),
            chance: { Double.random(in: 0..<1) },
            runID: {
                String(UInt64.random(in: .min ... .max), radix: 36)
                    + String(UInt64.random(in: .min ... .max), radix: 36)
            },
            logger: logger))
    let control = DaemonControl(
        supervisor: supervisor,
        installation: Installation(configDir: options.configDir, installDir: settings.installDir),
        clientName: settings.clientName, paths: paths, reader: ConfigurationReader(environment: environment),
        logger: logger)
    let leave = LeaveTaking()
    let events = WorkloadEvents()
    let reports = ReportTally(receiver)
    let composer = HeartbeatComposer(
        settings: settings, control: control, events: events, time: time, bootID: bootID, disk: paths.workingDirectory)

    let listening = Latch(count: settings.enabled ? 2 : 1)
    let socket = HTTPListener(
        routes(control, events, reports, settings: settings, isLoopbackOnly: false, leave: leave),
        at: .unix(path: options.socketPath), logger: named(logger, "socket"),
        onListening: { _ in listening.countDown() })
    // Ended in the reverse order: workloads first, then the goodbye, then the port.
    let (changes, relay) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    var services: [any Service] = [
        HangupService(control: control, logger: logger),
        ChangeService(supervisor: supervisor, events: events, relay: relay),
    ]
    if settings.enabled {
        let decision = BindDecision.decide(
            host: settings.apiHost, hasToken: settings.apiToken != nil,
            allowUnauthenticated: settings.allowUnauthenticated, section: "fleet")
        if let notice = decision.notice { logger.warning("\(notice)") }
        services.append(
            HTTPListener(
                routes(
                    control, events, reports, settings: settings, isLoopbackOnly: decision.isLoopbackOnly, leave: leave),
                at: .tcp(host: decision.host, port: settings.apiPort), logger: named(logger, "client"),
                onListening: { port in
                    if let port { composer.bound(to: port) }
                    listening.countDown()
                }))
        if receiver != nil {
            services.append(
                HeartbeatReporter(
                    receiver: reports, compose: composer.compose(sequence:isMeasured:),
                    changes: changes,
                    alarm: LoopAlarm(loop: loops.next()), time: time, interval: settings.heartbeatInterval,
                    chance: { Double.random(in: 0..<1) }, saysGoodbye: { !leave.keepsWorkloads }, logger: logger))
        }
    }
    services.append(SupervisorService(supervisor: supervisor, leave: leave))
    services.append(BeginService(control: control, listening: listening))
    return Daemon(
        services: services, socketService: socket, leaveService: LeaveService(leave: leave), control: control,
        lock: lock)
}

private func routes(
    _ control: DaemonControl, _ events: WorkloadEvents, _ reports: ReportTally, settings: FleetSettings,
    isLoopbackOnly: Bool, leave: LeaveTaking
) -> Routes {
    let grants = settings.apiToken.map { [TokenGrant(apiToken: $0)] } ?? []
    let policy = AccessPolicy(grants: grants, anonymous: settings.anonymous, isLoopbackOnly: isLoopbackOnly)
    return DaemonRoutes.make(
        control: control, events: events, reports: reports, policy: policy,
        shutdown: { leave.ask(keepingWorkloads: $0) })
}

private func named(_ logger: Logger, _ server: String) -> Logger {
    var logger = logger
    logger[metadataKey: "server"] = "\(server)"
    return logger
}
