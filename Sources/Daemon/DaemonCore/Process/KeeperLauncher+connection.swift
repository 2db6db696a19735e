import CProcess
import FleetModel
import Glibc
import NIOCore
import NIOPosix

/// A connection to a keeper, or one that is being made: what is sent meanwhile waits with it.
///
/// It belongs to the loop. To write may end the connection at once, so nothing of it is being changed while it does.
final class KeeperLink {
    let number: Int
    private var channel: (any Channel)?
    private var waiting: ByteBuffer

    init(number: Int, first: ByteBuffer) {
        self.number = number
        waiting = first
    }

    func opened(_ channel: any Channel) {
        self.channel = channel
        let first = waiting
        waiting = ByteBuffer()
        if first.readableBytes > 0 { channel.writeAndFlush(first, promise: nil) }
    }

    func send(_ bytes: ByteBuffer) {
        guard let channel else {
            waiting.writeImmutableBuffer(bytes)
            return
        }
        channel.writeAndFlush(bytes, promise: nil)
    }

    func close() { channel?.close(promise: nil) }
}

/// All that is done on the loop, for one run.
extension KeeperLauncher {
    private func nextConnection() -> Int {
        state.value.connections += 1
        return state.value.connections
    }

    /// Makes a keeper for a new run, or for one that lost its own.
    func spawn(_ id: String, adopting record: KeeperRecord?) {
        guard var plan = state.value.means[id]?.plan else { return }
        if let record {
            plan.generation = record.generation
            plan.runID = record.runID
        }
        let folder = folder(of: plan.name)
        do throws(LaunchError) {
            try folder.create()
            // One that runs already is who it is, even where its user has been removed since.
            let work: KeeperRequest.Work =
                if let record {
                    .adopt(record, directory: folder.path)
                } else {
                    .run(try Account(user: plan.context.user, group: plan.context.group), directory: folder.path)
                }
            let lock = folder.lock()
            guard lock >= 0 else {
                guard lock == -EWOULDBLOCK else {
                    throw LaunchError("the state directory of the workload cannot be locked: \(errorText(-lock))")
                }
                handle(.kept(.keeper), for: id)
                return
            }
            defer { close(lock) }
            if record == nil {
                if let pid = orphan(in: folder) {
                    handle(.kept(.orphan(pid: pid)), for: id)
                    return
                }
                // It is of an earlier run, and nobody must take it for this one's.
                folder.removeRecord()
            }
            let (keeper, descriptor) = try startKeeper(plan.name, lock: lock)
            let request = KeeperRequest(
                plan: plan, work: work, controlGroup: controlGroup?.folder(ofRun: plan.runID))
            connect(descriptor, for: id, child: keeper, first: request.encoded()) { .spawned(connection: $0) }
        } catch {
            handle(.refused(error.reason), for: id)
        }
    }

    private func startKeeper(_ name: String, lock: Int32) throws(LaunchError) -> (keeper: Int32, descriptor: Int32) {
        var pair: [Int32] = [-1, -1]
        let error = mcp_socket_pair(&pair)
        guard error == 0 else { throw LaunchError("cannot make a socket pair: \(errorText(error))") }
        var keeper: pid_t = 0
        let spawned = mcp_spawn_keeper(keeperPath, name, pair[1], lock, &keeper)
        close(pair[1])
        guard spawned == 0 else {
            close(pair[0])
            throw LaunchError("cannot start the keeper '\(keeperPath)': \(errorText(spawned))")
        }
        return (keeper, pair[0])
    }

    /// Connects to the keeper of a run, or finds out from the record what became of the run.
    func look(for id: String) {
        guard let means = state.value.means[id] else { return }
        let folder = folder(of: means.plan.name)
        let descriptor = mcp_connect_in(folder.path, "sock")
        if descriptor >= 0 {
            connect(descriptor, for: id, child: nil, first: ByteBuffer()) { .reached(connection: $0) }
        } else if folder.isKept {
            // It has been started and does not listen yet, or is just going.
            handle(.silent, for: id)
        } else {
            handle(.remains(remains(of: id, means, in: folder)), for: id)
        }
    }

    private func remains(of id: String, _ means: Means, in folder: RunFolder) -> RunMachine.Remains {
        // One from before a reboot: nothing of it can live.
        guard let record = folder.record, record.bootID == bootID, record.runID == means.recordID ?? record.runID,
            record.generation == state.value.table[id]?.generation ?? record.generation
        else { return .nothing }
        if let outcome = record.outcome { return .ended(outcome) }
        return record.isAlive ? .orphan(record) : .gone
    }

    /// A process of a run that has no keeper, as the record has it.
    func orphan(in folder: RunFolder) -> Int32? {
        guard let record = folder.record, record.bootID == bootID, record.outcome == nil, record.isAlive else {
            return nil
        }
        return record.pid
    }

    /// - Parameter child: the keeper, where this process made it and has to reap it.
    private func connect(
        _ descriptor: Int32, for id: String, child: Int32?, first: ByteBuffer, event: (Int) -> RunMachine.Event
    ) {
        let number = nextConnection()
        state.value.means[id]?.link = KeeperLink(number: number, first: first)
        handle(event(number), for: id)
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                let launcher = bound.value
                let handler = KeeperConnection(
                    received: { launcher.handle(.said($0, connection: number), for: id) },
                    lost: { launcher.lost(id, number, child) })
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .withConnectedSocket(descriptor)
            .hop(to: loop)
            .assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let channel):
                    guard let link = state.value.means[id]?.link, link.number == number else {
                        channel.close(promise: nil)
                        return
                    }
                    link.opened(channel)
                case .failure: lost(id, number, child)
                }
            }
    }

    private func lost(_ id: String, _ number: Int, _ child: Int32?) {
        if let child { reapKeeper(child, on: loop) }
        if state.value.means[id]?.link?.number == number { state.value.means[id]?.link = nil }
        handle(.lost(connection: number), for: id)
    }
}
