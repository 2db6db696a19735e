import CProcess
import FleetModel
import Glibc
import Logging
import NIOCore

/// Runs each workload under a keeper of its own, and speaks with the keepers.
///
/// What it does is decided by a `RunMachine` a run; this is the edge that does it. All state belongs to one event loop:
/// what others may call hops onto it, all else runs there.
package final class KeeperLauncher: RunLauncher {
    /// What a run has beside its machine.
    struct Means {
        var plan: LaunchPlan
        /// What the record in its folder calls it; nil where nobody knows yet, and any record is its own.
        var recordID: String?
        var link: KeeperLink?
        var pause: Scheduled<Void>?
        /// For `recover`: what was found.
        var answer: EventLoopPromise<RecoveredRun?>?
    }

    struct State {
        var table = RunTable()
        var means: [String: Means] = [:]
        /// Counts all connections there ever were: what an old one says is never taken for what a new one says.
        var connections = 0
    }

    package let events: AsyncStream<RunEvent>
    let queue: RunEventQueue
    let paths: DaemonPaths
    let keeperPath: String
    let bootID: String
    let controlGroup: ControlGroup?
    let loop: any EventLoop
    let logger: Logger
    let state: NIOLoopBoundBox<State>

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
        state = .makeBoxSendingValue(State(), eventLoop: loop)
        let queue = RunEventQueue()
        self.queue = queue
        events = AsyncStream { await queue.next() }
    }

    package func launch(_ plan: LaunchPlan) {
        loop.execute { [self] in
            add(plan.runID, Means(plan: plan, recordID: plan.runID))
            handle(.launch(generation: plan.generation), for: plan.runID)
        }
    }

    package func stop(_ runID: String, signal: Int32, timeout: Double) {
        let command = "stop \(signal) \(KeeperRequest.milliseconds(timeout))\n"
        loop.execute { [self] in handle(.stop(command), for: runID) }
    }

    package func acknowledge(_ runID: String) {
        loop.execute { [self] in handle(.acknowledged, for: runID) }
    }

    package func forget(_ name: String) {
        loop.execute { [self] in
            let folder = folder(of: name)
            guard !state.value.table.isUsed(folder: folder.path) else { return }
            folder.whileNobodyKeepsIt { if orphan(in: folder) == nil { folder.remove() } }
        }
    }

    package func release() async {
        let done = loop.makePromise(of: Void.self)
        loop.execute { [self] in
            let means = state.value.means.values
            state.value = State(connections: state.value.connections)
            for one in means {
                one.pause?.cancel()
                one.link?.close()
                one.answer?.succeed(nil)
            }
            done.succeed()
        }
        try? await done.futureResult.get()
        queue.finish()
    }
}

// MARK: - On the loop

extension KeeperLauncher {
    func folder(of name: String) -> RunFolder { RunFolder(path: paths.runDirectory(of: name)) }

    func add(_ id: String, _ means: Means) {
        state.value.means[id] = means
        state.value.table.add(id, in: paths.runDirectory(of: means.plan.name))
    }

    /// Brings one event to one run, and does what its machine says.
    func handle(_ event: RunMachine.Event, for id: String) {
        loop.preconditionInEventLoop()
        for action in state.value.table.handle(event, for: id) { perform(action, for: id) }
    }

    private func perform(_ action: RunMachine.Action, for id: String) {
        guard let means = state.value.means[id] else { return }
        switch action {
        case .spawn(let record): spawn(id, adopting: record)
        case .look: look(for: id)
        case .rest(let seconds): rest(id, seconds: seconds)
        case .send(let command): means.link?.send(ByteBuffer(string: command))
        case .disconnect:
            state.value.means[id]?.link = nil
            means.link?.close()
        case .tell(let kind): tell(id, kind)
        case .fail(let failure): tell(id, .failed(sentence(failure, of: means.plan)))
        case .answer(let found): answer(id, found)
        case .warn(let warning): warn(warning, of: means.plan.name)
        case .removeRecord: removeRecord(of: means)
        case .forget:
            state.value.means[id] = nil
            means.pause?.cancel()
            means.answer?.succeed(nil)
        }
    }

    private func tell(_ id: String, _ kind: RunEvent.Kind) {
        guard let name = state.value.means[id]?.plan.name else { return }
        var kind = kind
        if case .started(let pid, let keeper) = kind { kind = .started(pid: pid, keeper: parent(keeper, of: pid)) }
        queue.put(RunEvent(runID: id, name: name, kind: kind))
    }

    private func answer(_ id: String, _ found: RecoveredRun.State?) {
        guard let means = state.value.means[id], let answer = means.answer else { return }
        state.value.means[id]?.answer = nil
        let generation = state.value.table[id]?.generation ?? 0
        // By now the keeper has written it, where the disk takes it.
        let record = folder(of: means.plan.name).record
        state.value.means[id]?.recordID = record?.generation == generation ? record?.runID : nil
        answer.succeed(
            found.map { found in
                var found = found
                if case .running(let pid, let keeper, let at) = found {
                    found = .running(pid: pid, keeper: parent(keeper, of: pid), startedAt: at)
                }
                return RecoveredRun(runID: id, name: means.plan.name, generation: generation, state: found)
            })
    }

    /// A keeper that took over a process from one that was killed is not what that process descends from.
    private func parent(_ keeper: Int32?, of pid: Int32) -> Int32? {
        var process = mcp_process_info()
        guard let keeper, mcp_process(pid, &process) == 1 else { return keeper }
        return process.parent == keeper ? keeper : nil
    }

    private func rest(_ id: String, seconds: Double) {
        let pause = TimeAmount.microseconds(Int64(clamping: min(max(seconds, 0), 60) * 1e6))
        state.value.means[id]?.pause?.cancel()
        state.value.means[id]?.pause = loop.assumeIsolated().scheduleTask(in: pause) { [self] in
            handle(.rested, for: id)
        }
    }

    /// What another run has written there since stays.
    private func removeRecord(of means: Means) {
        let folder = folder(of: means.plan.name)
        folder.whileNobodyKeepsIt {
            if means.recordID == nil || folder.record?.runID == means.recordID { folder.removeRecord() }
        }
    }
}
