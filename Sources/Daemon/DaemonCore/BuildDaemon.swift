import FleetClient
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
    /// Nil where this host has no central.
    let watch: CentralWatch?
    /// Held as long as this value lives.
    package let lock: DirectoryLock
}

/// Wires up the daemon of one directory; its services do the rest.
///
/// - Parameters:
///   - sender: where heartbeats go; nil where there is no central.
///   - probe: asks URLs whether a workload is ready.
///   - central: the one of this host; nil where it has none.
///   - manager: who has started this daemon as a service.
///   - terminal: takes readable lines of the central's log; nil where nobody sees them.
///   - complain: takes lines for standard error; nil where the log goes there anyway.
///   - resettingState: moves the database aside first and begins with an empty one.
/// - Throws: `StateError` or `LaunchError` with a sentence that says what to do.
package func buildDaemon(
    options: DaemonOptions, settings: FleetSettings, environment: [String: String],
    sender: (any HeartbeatSender)?, probe: HTTPProbe, central: CentralProgram? = nil,
    manager: ServiceManager = .absent, terminal: (@Sendable (String) -> Void)? = nil,
    complain: (@Sendable (String) -> Void)? = nil, resettingState: Bool = false, logger: Logger
) async throws -> Daemon {
    let lock = try DirectoryLock(besideDatabase: options.dbPath)
    // Before anything begins that would have to be undone.
    try HTTPListener.check(socket: options.socketPath)
    if resettingState { try moveStateAside(options.dbPath, logger: logger, complain: complain) }
    let store = try SQLiteStateStore(path: options.dbPath, logger: logger)
    let paths = try DaemonPaths(options: options)
    let folders = [
        paths.workingDirectory, options.configDir, settings.installDir + "/current/configs", paths.logDirectory,
        paths.runDirectory,
    ]
    for notice in RootFolders.notices(folders) { logger.warning("\(notice)") }
    try ModuleRunner.install(at: paths.moduleRunner)
    let loops = MultiThreadedEventLoopGroup.singleton
    let time = SystemTime()
    let bootID = HostDescription.bootID()
    let keeperPath = try KeeperProgram.find(environment: environment)
    let controlGroup = ControlGroup.delegated(environment: environment)
    let clock = ClockWatch(logger: logger)
    func launcher(_ paths: DaemonPaths) -> KeeperLauncher {
        KeeperLauncher(
            paths: paths, keeperPath: keeperPath, bootID: bootID, controlGroup: controlGroup, loop: loops.next(),
            logger: logger)
    }
    let readiness = SystemReadinessChecker(
        http: probe, errands: ErrandRunner(keeperPath: keeperPath, controlGroup: controlGroup))
    let chance: @Sendable () -> Double = { Double.random(in: 0..<1) }
    let runID: @Sendable () -> String = {
        String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
    }
    let watch = try watchOverCentral(central, paths: paths) { paths in
        CentralWatch.Surroundings(
            launcher: launcher(paths), paths: paths, time: time, alarm: try BootAlarm(), chance: chance,
            runID: runID,
            isAlive: { [host = central?.host ?? "127.0.0.1"] port in
                await CentralQuestion.isAnswered(host: host, port: port)
            }, logger: logger)
    }
    let supervisor = Supervisor(
        Supervisor.Surroundings(
            launcher: launcher(paths), store: store, time: time, alarm: try BootAlarm(), shifts: clock.shifts,
            readiness: readiness, paths: paths, environment: environment,
            zone: Zones.zone(of:), chance: chance, runID: runID, logger: logger))
    let control = DaemonControl(
        supervisor: supervisor,
        installation: Installation(configDir: options.configDir, installDir: settings.installDir),
        clientName: settings.clientName, paths: paths, reader: ConfigurationReader(environment: environment),
        place: DaemonPlace(options), manager: manager, complain: complain,
        reloadCentral: { await watch?.reload() }, logger: logger)
    let leave = ShutdownRequest()
    let events = WorkloadEvents()
    let reports = ReportTally(sender, to: settings.enabled ? settings.centralAPIURL : nil)
    let composer = HeartbeatComposer(
        settings: settings, control: control, events: events, time: time, bootID: bootID, instance: runID(),
        disk: paths.workingDirectory)

    let listening = Latch(count: settings.enabled ? 2 : 1)
    let begun = Latch()
    // Nobody can speak with a daemon whose central could not begin, and would be cut off.
    let gate = Latch(count: watch == nil ? 0 : 1)
    let socket = Gated(
        service: HTTPListener(
            routes(control, events, reports, watch, settings: settings, isLoopbackOnly: false, leave: leave),
            at: .unix(path: options.socketPath), logger: named(logger, "socket"),
            onListening: { _ in listening.countDown() }), gate: gate)
    // Ended in the reverse order: workloads first, then the goodbye, then the port, and the central that hears it all.
    let changes = Signal()
    var services: [any Service] = manager.isPresent ? [PulseService(manager: manager, supervisor: supervisor)] : []
    if let watch {
        if let terminal {
            services.append(LogMirror(files: try CentralProgram.log(of: paths), terminal: terminal))
        }
        services.append(CentralService(watch: watch, gate: gate))
    }
    services += [
        HangupService(control: control, logger: logger), KeepingService(leave: leave),
        ChangeService(supervisor: supervisor, events: events, relay: changes), clock,
    ]
    if settings.enabled {
        let decision = BindDecision.decide(
            host: settings.apiHost, hasToken: settings.apiToken != nil,
            allowUnauthenticated: settings.allowUnauthenticated, section: "fleet")
        if let notice = decision.notice { logger.warning("\(notice)") }
        services.append(
            Gated(
                service: HTTPListener(
                    routes(
                        control, events, reports, watch, settings: settings, isLoopbackOnly: decision.isLoopbackOnly,
                        leave: leave),
                    at: .tcp(host: decision.host, port: settings.apiPort), logger: named(logger, "client"),
                    onListening: { port in
                        if let port { composer.bound(to: port) }
                        listening.countDown()
                    }), gate: gate))
        if sender != nil {
            let reporter = HeartbeatReporter(
                sender: reports, compose: composer.compose(sequence:isMeasured:), changes: changes, time: time,
                interval: settings.heartbeatInterval, chance: chance, saysGoodbye: { !leave.keepsWorkloads },
                logger: logger)
            services.append(Gated(service: reporter, gate: begun))
        }
    }
    services.append(SupervisorService(supervisor: supervisor, leave: leave))
    services.append(BeginService(control: control, listening: listening, begun: begun, manager: manager))
    return Daemon(
        services: services, socketService: socket, leaveService: LeaveService(leave: leave, manager: manager),
        control: control,
        watch: watch, lock: lock)
}

/// Also where there is to be no central any more and one was left.
private func watchOverCentral(
    _ central: CentralProgram?, paths: DaemonPaths, surroundings: (DaemonPaths) throws -> CentralWatch.Surroundings
) throws -> CentralWatch? {
    guard central != nil || CentralProgram.isLeft(in: paths) else { return nil }
    return CentralWatch(central, in: try surroundings(CentralProgram.paths(of: paths)))
}

private func moveStateAside(
    _ path: String, logger: Logger, complain: (@Sendable (String) -> Void)?
) throws {
    guard let place = try SQLiteStateStore.moveAside(path, at: SystemTime().now().wall) else { return }
    logger.warning("the state begins anew; what was there is kept", metadata: ["file": "\(place)"])
    complain?("the state begins anew; what was there is kept as '\(place)'")
}

private func routes(
    _ control: DaemonControl, _ events: WorkloadEvents, _ reports: ReportTally, _ watch: CentralWatch?,
    settings: FleetSettings, isLoopbackOnly: Bool, leave: ShutdownRequest
) -> Routes {
    let grants = settings.apiToken.map { [TokenGrant(apiToken: $0)] } ?? []
    let policy = AccessPolicy(grants: grants, anonymous: settings.anonymous, isLoopbackOnly: isLoopbackOnly)
    return DaemonRoutes.make(
        control: control, events: events, reports: reports, policy: policy, central: { await watch?.state },
        shutdown: { leave.ask(keepingWorkloads: $0) })
}

private func named(_ logger: Logger, _ server: String) -> Logger {
    var logger = logger
    logger[metadataKey: "server"] = "\(server)"
    return logger
}
