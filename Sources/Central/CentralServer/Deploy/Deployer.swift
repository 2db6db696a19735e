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
    /// Of the scripts that run, by deployment and client.
    private let outputs = Mutex<[String: ScriptOutput]>([:])
    private let hasBegun = Signal()
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
        await withDiscardingTaskGroup { tasks in
            for deployment in going {
                if resumed[deployment.id] != nil { tasks.addTask { await self.lookAgain(deployment) } }
                // An earlier version stored the beginning and the start one after the other, and may have died in between.
                if deployment.state == .pending { tasks.addTask { await self.insist(on: .start, to: deployment.id) } }
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

    /// Stores it as one that has started, and only then starts it: nothing can come in between.
    ///
    /// - Returns: as it is then.
    /// - Throws: `DeploymentConflict`, or what the store throws; then there is no such deployment.
    func begin(_ deployment: DeploymentMachine) async throws -> DeploymentMachine {
        try await stored { guarded in
            var started = deployment
            let intents = started.handle(.start, at: self.state.time.wall)
            try self.store.begin(started)
            if !started.state.isEnded {
                guarded.going[started.id] = started
                self.begin(intents.begin, of: started.id, &guarded)
            }
            self.state.show(started.status)
            return started
        }
    }

    /// A store that comes from a backup tells of a time that is over. So nothing goes on before those clients were looked
    /// at that this deployment has done with: where they have moved on, it is paused.
    private func lookAgain(_ deployment: DeploymentMachine) async {
        defer { resumed[deployment.id]?.set() }
        guard deployment.state == .pending || deployment.state == .inProgress else { return }
        for (client, reason) in await steps.changes(in: deployment) {
            await insist(on: .changed(client: client, reason), to: deployment.id)
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
        await handle.waitForEarlier()
        guard !Task.isCancelled else { return }
        let output = await begunOutput(handle)
        let outcome = await handle.run { [self] in await steps.perform(job, for: request, output: output) }
        if let output { await keep(output, handle) }
        // Ended because the central goes down: the step is begun again by the next one.
        guard let outcome, !Task.isCancelled else { return }
        await insist(on: .ended(client: job.client, number: job.number, outcome), to: handle.deployment)
    }

    private func insist(on event: DeploymentEvent, to id: String) async {
        await untilStored(id) { [self] in try await send(event, to: id) }
    }

    /// Tries once at least, and then until it succeeds or the central goes down.
    private func untilStored<Value>(_ id: String, _ store: @Sendable () async throws -> Value) async {
        repeat {
            do {
                _ = try await store()
                return
            } catch {
                logger.error("the deployment cannot be stored: \(error)", metadata: ["deployment": "\(id)"])
                try? await Task.sleep(for: Self.storePause)
            }
        } while !Task.isCancelled
    }

    // MARK: - What scripts print

    private static func key(_ client: String, _ id: String) -> String { "\(id) \(client)" }

    /// Of this run alone, after what those before it have left; nil where no script runs.
    private func begunOutput(_ handle: JobHandle) async -> ScriptOutput? {
        let job = handle.job
        guard job.step == .sync || job.step == .syncBack else { return nil }
        let earlier: String
        do {
            earlier = try await read { try $0.output(of: job.client, in: handle.deployment) } ?? ""
        } catch {
            earlier = "--- what was printed before cannot be read: \(error)\n"
        }
        let output = ScriptOutput(
            after: earlier, title: "--- \(state.time.wall) \(job.step.words): \(job.version)")
        outputs.withLock { $0[Self.key(job.client, handle.deployment)] = output }
        return output
    }

    private func keep(_ output: ScriptOutput, _ handle: JobHandle) async {
        let (client, id) = (handle.job.client, handle.deployment)
        await untilStored(id) { [store] in
            try await NIOThreadPool.singleton.runIfActive { try store.saveOutput(output.text, of: client, in: id) }
        }
        outputs.withLock { outputs in
            if outputs[Self.key(client, id)] === output { outputs[Self.key(client, id)] = nil }
        }
    }

    /// What the script printed for a client so far; nil where it was not called.
    func output(of client: String, in id: String) async throws -> String? {
        if let output = outputs.withLock({ $0[Self.key(client, id)] }) { return output.text }
        return try await read { try $0.output(of: client, in: id) }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any DeploymentStore) throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { [store] in try body(store) }
    }
}
