import FleetClient
import FleetModel
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Leads deployments: takes events in, stores what follows, and only then acts.
///
/// A lock and no actor: an event, its storing and the order of what is begun by it are one thing, and waiting for the
/// disk is done on a thread for it, never on one that answers requests.
package final class Deployer: Service {
    private struct State {
        var going: [String: DeploymentMachine] = [:]
        var handles: [String: [String: JobHandle]] = [:]
        /// Begun by an event, and not taken by `run` yet; at most one a client.
        var begun: [JobHandle] = []
    }

    /// Scripts at the same time, each with its ssh and rsync.
    static let mostScripts = 16
    /// Until a store that failed is tried again.
    static let storePause = Duration.seconds(1)

    let state: FleetState
    let store: any DeploymentStore
    let steps: ClientSteps
    let logger: Logger
    private let guarded = Mutex(State())
    private let outputs = Mutex<[String: OutputTail]>([:])
    private let hasBegun = Signal()
    /// Rung where one could not be started, as its store failed.
    private let isLate = Signal()
    /// Of those that an earlier central has left: set once it was looked whether their clients are as it left them.
    private let resumed: [String: Once<Void>]

    init(state: FleetState, store: any DeploymentStore, steps: ClientSteps, logger: Logger) throws {
        self.state = state
        self.store = store
        self.steps = steps
        self.logger = logger
        for deployment in try store.deployments(limit: 20).reversed() { state.show(deployment.status) }
        let unfinished = try store.unfinished()
        resumed = Dictionary(unfinished.map { ($0.id, Once<Void>()) }, uniquingKeysWith: { first, _ in first })
        for deployment in unfinished {
            guarded.withLock { guarded in
                guarded.going[deployment.id] = deployment
                begin(deployment.jobs, of: deployment.id, &guarded)
            }
            logger.notice("deployment goes on", metadata: ["deployment": "\(deployment.id)"])
        }
    }

    package func run() async throws {
        steps.pool.start()
        isLate.ring()
        await withDiscardingTaskGroup { tasks in
            for deployment in going where resumed[deployment.id] != nil {
                tasks.addTask { await self.lookAgain(deployment) }
            }
            tasks.addTask {
                while await self.isLate.wait() == .rang { await self.startLate() }
            }
            while await cancelWhenGracefulShutdown({ await self.hasBegun.wait() }) == .rang {
                for handle in takeBegun() { tasks.addTask { await self.perform(handle) } }
            }
            // What is going on is begun again by the next central.
            tasks.cancelAll()
        }
        try? await steps.pool.shutdownGracefully()
    }

    // MARK: - Events

    /// - Throws: `DeploymentConflict`, or what the store throws; then there is no such deployment.
    func begin(_ deployment: DeploymentMachine) async throws {
        try await stored { guarded in
            try self.store.begin(deployment)
            guarded.going[deployment.id] = deployment
            self.state.show(deployment.status)
        }
    }

    /// Starts one that has begun. Where that can't be stored it is tried until it can.
    ///
    /// - Returns: nil where it has not started yet.
    func start(_ id: String) async -> DeploymentMachine? {
        do {
            return try await send(.start, to: id)?.after
        } catch {
            logger.error("the deployment cannot be started: \(error)", metadata: ["deployment": "\(id)"])
            isLate.ring()
            return nil
        }
    }

    private func startLate() async {
        for deployment in going where deployment.state == .pending {
            await keepTrying("the deployment cannot be started") { try await self.send(.start, to: deployment.id) }
        }
    }

    /// Until the store takes it, or the central goes down.
    private func keepTrying(_ complaint: String, _ body: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                return try await body()
            } catch {
                logger.error("\(complaint): \(error)")
                try? await Task.sleep(for: Self.storePause)
            }
        }
    }

    /// A store that comes from a backup tells of a time that is over. So nothing goes on before those clients were looked
    /// at that this deployment has done with: where they have moved on, it is paused.
    private func lookAgain(_ deployment: DeploymentMachine) async {
        defer { resumed[deployment.id]?.set() }
        guard deployment.state == .pending || deployment.state == .inProgress else { return }
        for (client, reason) in await steps.changes(in: deployment) {
            await keepTrying("the deployment cannot be paused") {
                try await self.send(.changed(client: client, reason), to: deployment.id)
            }
        }
    }

    /// - Returns: the state before and after; nil where no such deployment is going on.
    /// - Throws: what the store throws; then nothing has changed.
    @discardableResult
    func send(_ event: DeploymentEvent, to id: String) async throws -> (
        before: DeploymentMachine, after: DeploymentMachine
    )? {
        let change = try await stored { guarded -> (before: DeploymentMachine, after: DeploymentMachine)? in
            guard let before = guarded.going[id] else { return nil }
            var after = before
            let intents = after.handle(event, at: self.state.time.wall)
            guard after != before else { return (before, after) }
            try self.store.save(after, after: before)
            guarded.going[id] = after.state.isEnded ? nil : after
            for job in intents.end { guarded.handles[id]?[job.client]?.end() }
            self.begin(intents.begin, of: id, &guarded)
            if after.state.isEnded { guarded.handles[id] = nil }
            self.state.show(after.status)
            return (before, after)
        }
        if let change, change.after.state.isEnded, !change.before.state.isEnded { await noteEnd(change.after) }
        return change
    }

    /// Those that have not ended.
    var going: [DeploymentMachine] { guarded.withLock { Array($0.going.values) } }

    private func stored<Value: Sendable>(
        _ body: @escaping @Sendable (inout State) throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { [self] in try guarded.withLock { try body(&$0) } }
    }

    private func begin(_ jobs: [DeploymentJob], of id: String, _ guarded: inout State) {
        for job in jobs {
            let handle = JobHandle(job, of: id, after: guarded.handles[id]?[job.client])
            guarded.handles[id, default: [:]][job.client] = handle
            guarded.begun.append(handle)
        }
        hasBegun.ring()
    }

    private func takeBegun() -> [JobHandle] {
        guarded.withLock { guarded in
            defer { guarded.begun = [] }
            return guarded.begun
        }
    }

    private func noteEnd(_ deployment: DeploymentMachine) async {
        let result = deployment.state.rawValue + (deployment.error.map { ": \($0)" } ?? "")
        logger.notice("deployment ended", metadata: ["deployment": "\(deployment.id)", "result": "\(result)"])
        await state.note(
            AuditEntry(
                time: state.time.wall, who: deployment.createdBy ?? ReservedName.central, address: nil,
                action: "deployment ended",
                target: deployment.id, result: result.cut(toBytes: 500)))
    }

    // MARK: - Jobs

    private func perform(_ handle: JobHandle) async {
        // Also where it is not begun at all: the next one for the same client waits for it.
        defer { handle.isOver() }
        let job = handle.job
        if let resumed = resumed[handle.deployment] { await resumed.wait() }
        guard let request = guarded.withLock({ $0.going[handle.deployment]?.request }) else { return }
        let isScript = job.step == .sync || job.step == .syncBack
        let key = "\(handle.deployment) \(job.client)"
        if isScript { recallOutput(key, handle) }
        let outcome = await handle.run { [self] in
            await steps.perform(job, for: request) { bytes in
                self.outputs.withLock { $0[key]?.append(bytes) }
            }
        }
        if isScript { await keepOutput(key, handle) }
        // Ended because the central goes down: the step is begun again by the next one.
        guard let outcome, !Task.isCancelled else { return }
        await keepTrying("the deployment cannot be stored") {
            try await self.send(.ended(client: job.client, number: job.number, outcome), to: handle.deployment)
        }
    }

    private func recallOutput(_ key: String, _ handle: JobHandle) {
        var tail = OutputTail()
        if let earlier = try? store.output(of: handle.job.client, in: handle.deployment) {
            tail.append(Array(earlier.utf8))
        }
        tail.append(line: "--- \(state.time.wall) \(handle.job.step.words): \(handle.job.version)")
        outputs.withLock { $0[key] = tail }
    }

    private func keepOutput(_ key: String, _ handle: JobHandle) async {
        guard let text = outputs.withLock({ $0.removeValue(forKey: key) })?.text else { return }
        let (client, id) = (handle.job.client, handle.deployment)
        _ = try? await NIOThreadPool.singleton.runIfActive { [store] in
            try store.saveOutput(text, of: client, in: id)
        }
    }

    /// What the script printed for a client so far; nil where it was not called.
    func output(of client: String, in id: String) async throws -> String? {
        if let text = outputs.withLock({ $0["\(id) \(client)"] })?.text { return text }
        return try await read { try $0.output(of: client, in: id) }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any DeploymentStore) throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { [store] in try body(store) }
    }
}
