import CProcess
import FleetModel
import Glibc
import Logging
import NIOCore
import NIOPosix

/// Runs each workload under a keeper of its own, and speaks with the keepers.
///
/// All state belongs to one event loop: what is public hops onto it, what is not says so with `onLoop`.
package final class KeeperLauncher: RunLauncher {
    /// A run and the connection to its keeper.
    struct Run {
        var generation: Int64
        /// The number of its present connection.
        var connection = 0
        var plan: LaunchPlan
        var channel: (any Channel)?
        /// Commands that wait for the connection.
        var pending = ByteBuffer()
        /// The stop that was asked for. A keeper may be killed before it has read it, so each further one is told again.
        var asked: String?
        var keeper: Int32?
        var isStarted = false
        var isOver = false
        /// It runs as the child of a keeper that is gone: only the leader is known to be its own.
        var isAdopted = false
        /// Times in a row that the keeper could be reached and went away without a word.
        var attempts = 0
        /// For `recover`: what was found.
        var found: EventLoopPromise<RecoveredRun?>?
    }

    package let events: AsyncStream<RunEvent>
    let continuation: AsyncStream<RunEvent>.Continuation
    let paths: DaemonPaths
    let keeperPath: String
    let bootID: String
    let controlGroup: ControlGroup?
    let loop: any EventLoop
    let logger: Logger
    let runs: NIOLoopBoundBox<[String: Run]>
    /// Counts all connections there ever were: what an old one says is never taken for what a new one says.
    private let connections: NIOLoopBoundBox<Int>

    /// - Parameters:
    ///   - keeperPath: the program `mc-keeper`.
    ///   - controlGroup: where each run may have a control group; nil where none is ours to divide.
    package init(
        paths: DaemonPaths, keeperPath: String, bootID: String, controlGroup: ControlGroup? = nil,
        loop: any EventLoop, logger: Logger
    ) {
        self.paths = paths
        self.keeperPath = keeperPath
        self.bootID = bootID
        self.controlGroup = controlGroup
        self.loop = loop
        self.logger = logger
        runs = .makeBoxSendingValue([:], eventLoop: loop)
        connections = .makeBoxSendingValue(0, eventLoop: loop)
        (events, continuation) = AsyncStream.makeStream()
    }

    package func launch(_ plan: LaunchPlan) {
        loop.execute { [self] in
            do throws(LaunchError) {
                try begin(plan, adopting: nil)
            } catch {
                runs.value[plan.name] = nil
                tell(plan.name, plan.generation, .failed(error.reason))
            }
        }
    }

    package func stop(_ name: String, generation: Int64, signal: Int32, timeout: Double) {
        let milliseconds = Int(clamping: min(max(timeout, 0), 86_400) * 1000)
        let command = "stop \(signal) \(milliseconds)\n"
        loop.execute { [self] in
            if runs.value[name]?.generation == generation { runs.value[name]?.asked = command }
            send(command, to: name, generation: generation)
        }
    }

    package func acknowledge(_ name: String, generation: Int64) {
        loop.execute { [self] in
            guard let run = runs.value[name], run.generation == generation, run.isOver else {
                if runs.value[name] == nil { RunFolder(path: paths.runDirectory(of: name)).removeRecord() }
                return
            }
            send("bye\n", to: name, generation: generation)
            RunFolder(path: paths.runDirectory(of: name)).removeRecord()
            runs.value[name] = nil
        }
    }

    package func forget(_ name: String) {
        loop.execute { [self] in
            guard runs.value[name] == nil else { return }
            RunFolder(path: paths.runDirectory(of: name)).remove()
        }
    }

    package func release() async {
        let done = loop.makePromise(of: Void.self)
        loop.execute { [self] in
            for run in runs.value.values { run.channel?.close(promise: nil) }
            runs.value = [:]
            done.succeed()
        }
        try? await done.futureResult.get()
        continuation.finish()
    }
}

// MARK: - On the loop

extension KeeperLauncher {
    func tell(_ name: String, _ generation: Int64, _ kind: RunEvent.Kind) {
        continuation.yield(RunEvent(name: name, generation: generation, kind: kind))
    }

    /// Spawns a keeper for a new run, or for one that lost its keeper.
    ///
    /// Where the keeper of an earlier run is just going, it is tried again: one folder never has two keepers.
    func begin(_ plan: LaunchPlan, adopting: KeeperRecord?, attempt: Int = 0) throws(LaunchError) {
        loop.preconditionInEventLoop()
        let folder = RunFolder(path: paths.runDirectory(of: plan.name))
        try folder.create()
        // One that runs already is who it is, even where its user has been removed since.
        let work: KeeperRequest.Work =
            if let adopting {
                .adopt(adopting, directory: folder.path)
            } else {
                .run(try Account(user: plan.context.user, group: plan.context.group), directory: folder.path)
            }
        let lock = folder.lock()
        guard lock >= 0 else {
            guard lock == -EWOULDBLOCK, attempt < Self.mostLockAttempts else {
                throw LaunchError("the state directory of the workload cannot be locked: \(errorText(-lock))")
            }
            beginLater(plan, adopting: adopting, attempt: attempt + 1)
            return
        }
        defer { closeDescriptor(lock) }
        var pair: [Int32] = [-1, -1]
        let error = mcp_socket_pair(&pair)
        guard error == 0 else { throw LaunchError("cannot make a socket pair: \(errorText(error))") }
        var keeper: pid_t = 0
        let spawned = mcp_spawn_keeper(keeperPath, plan.name, pair[1], lock, &keeper)
        closeDescriptor(pair[1])
        guard spawned == 0 else {
            closeDescriptor(pair[0])
            throw LaunchError("cannot start the keeper '\(keeperPath)': \(errorText(spawned))")
        }
        let previous = runs.value[plan.name]
        var run = Run(generation: plan.generation, plan: plan)
        run.connection = nextConnection()
        run.keeper = keeper
        run.isStarted = adopting != nil && previous?.isStarted == true
        run.isAdopted = adopting != nil
        run.attempts = previous?.attempts ?? 0
        run.found = previous?.found
        let request = KeeperRequest(
            plan: plan, work: work, controlGroup: controlGroup?.folder(ofRun: plan.runID))
        run.pending = request.encoded()
        if let previous, previous.generation == plan.generation, let asked = previous.asked {
            run.asked = asked
            run.pending.writeString(asked)
        }
        runs.value[plan.name] = run
        connect(pair[0], name: plan.name, connection: run.connection, child: keeper)
    }

    /// Ten seconds in all.
    private static let mostLockAttempts = 1000

    private func beginLater(_ plan: LaunchPlan, adopting: KeeperRecord?, attempt: Int) {
        if runs.value[plan.name]?.generation != plan.generation {
            // What is asked of the run meanwhile waits with it.
            runs.value[plan.name] = Run(generation: plan.generation, plan: plan)
        }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(attempt < 20 ? 1 : 10)) { [self] in
            guard runs.value[plan.name]?.generation == plan.generation else { return }
            do throws(LaunchError) {
                try begin(plan, adopting: adopting, attempt: attempt)
            } catch {
                runs.value[plan.name] = nil
                tell(plan.name, plan.generation, .failed(error.reason))
            }
        }
    }

    func nextConnection() -> Int {
        connections.value += 1
        return connections.value
    }

    /// - Parameter child: the keeper, where this process made it and has to reap it.
    func connect(_ descriptor: Int32, name: String, connection: Int, child: Int32?) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                let launcher = bound.value
                let handler = KeeperConnection(
                    received: { launcher.received($0, name: name, connection: connection) },
                    lost: { launcher.lost(name: name, connection: connection, child: child) })
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .withConnectedSocket(descriptor)
            .hop(to: loop)
            .assumeIsolated()
            .whenComplete { [self] result in
                guard var run = runs.value[name], run.connection == connection else {
                    if case .success(let channel) = result { channel.close(promise: nil) }
                    return
                }
                guard case .success(let channel) = result else {
                    lost(name: name, connection: connection, child: child)
                    return
                }
                run.channel = channel
                let pending = run.pending
                run.pending = ByteBuffer()
                runs.value[name] = run
                if pending.readableBytes > 0 { channel.writeAndFlush(pending, promise: nil) }
            }
    }

    func send(_ command: String, to name: String, generation: Int64) {
        guard var run = runs.value[name], run.generation == generation else { return }
        guard let channel = run.channel else {
            run.pending.writeString(command)
            runs.value[name] = run
            return
        }
        channel.writeAndFlush(ByteBuffer(string: command), promise: nil)
    }

    private func received(_ message: KeeperMessage, name: String, connection: Int) {
        guard var run = runs.value[name], run.connection == connection else { return }
        defer { if runs.value[name]?.connection == connection { runs.value[name] = run } }
        switch message {
        case .hello(let version, let pid, let generation):
            if let warning = KeeperMessage.warning(ofVersion: version) {
                logger.warning("\(warning)", metadata: ["workload": "\(name)"])
            }
            run.keeper = pid
            run.generation = generation
        case .started(let pid, _, let at):
            run.attempts = 0
            let keeper = run.isAdopted ? nil : run.keeper
            if let found = run.found {
                run.found = nil
                found.succeed(
                    RecoveredRun(
                        name: name, generation: run.generation,
                        state: .running(pid: pid, keeper: keeper, startedAt: at)))
            } else if !run.isStarted {
                tell(name, run.generation, .started(pid: pid, keeper: keeper))
            }
            run.isStarted = true
        case .failed(let step, let errno):
            run.isOver = true
            let reason = LaunchFailure(context: run.plan.context, program: run.plan.arguments.first ?? "")
                .sentence(step, errno)
            if run.isAdopted { end(&run, name: name, .unknown) } else { tell(name, run.generation, .failed(reason)) }
        case .ended(let outcome):
            end(&run, name: name, outcome)
        case .logError(let errno): tell(name, run.generation, .logTrouble(errorText(errno)))
        case .logOK: tell(name, run.generation, .logTrouble(nil))
        case .stuck(let count): tell(name, run.generation, .stuck(count))
        case .trouble(let what, let errno):
            logger.warning(
                "the keeper of a workload has trouble: \(what): \(errorText(errno))", metadata: ["workload": "\(name)"])
        case .tooLong: break
        }
    }

    func end(_ run: inout Run, name: String, _ outcome: RunOutcome) {
        run.isOver = true
        if let found = run.found {
            run.found = nil
            found.succeed(RecoveredRun(name: name, generation: run.generation, state: .ended(outcome)))
        } else {
            tell(name, run.generation, .ended(outcome))
        }
    }
}

private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
