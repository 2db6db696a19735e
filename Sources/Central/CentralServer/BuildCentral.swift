import AsyncHTTPClient
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import HTTPTypes
import Logging
import NIOPosix
import ServiceLifecycle

/// A central that is wired up.
package struct Central: Sendable {
    package var services: [any Service]
    package var state: FleetState
    package var live: LiveSettings
    let sessions: Sessions

    /// Takes files that were read again.
    /// - Returns: what has changed, a sentence each.
    package func take(_ settings: CentralSettings, _ inventory: Inventory, files: [FileStamp]) -> [String] {
        live.take(settings, inventory, files: files, in: state, sessions)
    }
}

/// Wires up a central.
///
/// - Parameters:
///   - deployments: where deployments survive; the same file as `store`, for a central that is meant to last.
///   - environment: for the files of releases.
///   - bootID: of this host.
///   - files: what settings and inventory were read from, as it was then.
///   - http: for the way to the daemons; whoever made it shuts it down.
///   - names: looks up the names of their hosts.
///   - limits: of what is asked of them.
///   - onListening: told the port once it is bound.
/// - Throws: `CentralError`, or what the store throws.
package func buildCentral(
    settings: CentralSettings, inventory: Inventory, files: [FileStamp] = [], store: any FleetStore,
    deployments: any DeploymentStore = MemoryDeploymentStore(), environment: [String: String] = [:],
    bootID: String = "", http: HTTPClient, names: HostNames = .shared, limits: TimeLimits = TimeLimits(),
    now: @escaping @Sendable () -> CentralMoment, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
) throws -> Central {
    let state = try FleetState(
        store: store, inventory: inventory, threshold: settings.staleThreshold, apiToken: settings.apiToken,
        isGuarded: settings.hasToken, now: now, logger: logger)
    let hasToken = settings.hasToken
    let decision = BindDecision.central(settings)
    if let notice = decision.notice { logger.warning("\(notice)") }
    if settings.anonymous == .operate, hasToken {
        logger.warning("central.anonymous is 'operate': whoever reaches this central may start and stop workloads")
    }
    let live = LiveSettings(settings, inventory, files: files, isLoopbackOnly: decision.isLoopbackOnly)
    let gate = Gatekeeper(
        live: live, sessions: Sessions(), state: state,
        wrongTokens: WrongTokens(now: { now().monotonic }))
    let pages = try Pages()
    let commands = CentralRoutes(
        state: state, forwarder: Forwarder(http: http, names: names, limits: limits, state: state), live: live,
        bootID: bootID)
    let history = FleetHistory(state.history(), now: state.time.wall)
    let pageRoutes = PageRoutes(pages: pages, gate: gate, state: state, commands: commands, history: history)
    var routes = Routes(
        errorPage: { pageRoutes.problem($0, $1) },
        onError: { state.refusals.note($0, $1, $2, at: state.time.wall) },
        gate: { need, request, context in try gate.decide(need, request, context) })
    routes.proxies = TrustedProxies(proxies(settings, decision, logger))
    commands.add(to: &routes)
    let catalog = ReleaseCatalog(folder: settings.releasesDir, environment: environment)
    let steps = ClientSteps(
        state: state, forwarder: commands.forwarder,
        script: DeployScript(
            path: settings.deployScriptPath, inventory: settings.inventoryPath, releases: settings.releasesDir,
            timeLimit: settings.deployTimeout),
        pool: NIOThreadPool(numberOfThreads: Deployer.mostScripts), names: { catalog.names(of: $0) })
    let deployer = try Deployer(state: state, store: deployments, steps: steps, logger: logger)
    let deploymentRoutes = DeploymentRoutes(
        state: state, deployer: deployer,
        admission: Admission(settings: settings, state: state, steps: steps, catalog: catalog), catalog: catalog)
    deploymentRoutes.add(to: &routes)
    EventRoutes(state: state, gate: gate).add(to: &routes)
    pageRoutes.add(to: &routes)
    DeploymentPages(pages: pageRoutes, deployments: deploymentRoutes).add(to: &routes)
    var named = logger
    named[metadataKey: "server"] = "central"
    let listener = HTTPListener(
        routes, at: .tcp(host: decision.host, port: settings.port), limits: .central, logger: named,
        onListening: { port in if let port { await onListening(port) } })
    return Central(
        services: [
            FlushService(state: state), StalenessService(state: state), HistoryService(state: state, history: history),
            deployer, catalog, listener,
        ], state: state, live: live, sessions: gate.sessions)
}

/// Without a token whoever asks may do everything, under a name of this host alone: no header may say another one.
private func proxies(_ settings: CentralSettings, _ decision: BindDecision, _ logger: Logger) -> [AddressNetwork] {
    guard decision.isLoopbackOnly, !settings.trustedProxies.isEmpty else { return settings.trustedProxies }
    logger.warning("central.trusted_proxies is not used without a token: set central.api_token")
    return []
}

extension BindDecision {
    /// Of a central with these settings.
    package static func central(_ settings: CentralSettings) -> BindDecision {
        decide(
            host: settings.host, hasToken: settings.hasToken, allowUnauthenticated: settings.allowUnauthenticated,
            section: "central")
    }
}
