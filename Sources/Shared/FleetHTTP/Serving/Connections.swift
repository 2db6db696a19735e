import Glibc
import Logging
import NIOCore
import Synchronization

/// The connections of a listener, and who may stay.
final class Connections: Sendable {
    private struct Open {
        var channel: any Channel
        /// When it became idle; asked on the event loop alone.
        var idleSince: @Sendable () -> NIODeadline?
    }

    private struct State {
        /// Whoever comes now finds nobody.
        var isClosing = false
        var shares: ConnectionShares
        var open: [ConnectionShares.ID: Open] = [:]
        var last: ConnectionShares.ID = 0
    }

    private let state: Mutex<State>
    private let streams: Mutex<StreamShares>
    private let logger: Logger
    /// When it was told last that there is too little room.
    private let lastLine = Mutex<NIODeadline?>(nil)
    /// Of all listeners of the process.
    private static let ofProcess = Atomic(0)
    private let mostOfProcess: Int

    init(limits: HTTPLimits, logger: Logger) {
        self.logger = logger
        state = Mutex(State(shares: ConnectionShares(limits: limits)))
        streams = Mutex(StreamShares(limits: limits))
        mostOfProcess = DescriptorRoom.connections
    }

    /// On the channel's event loop.
    /// - Parameter idleSince: when it became idle; nil while a request is read or answered.
    func opened(_ channel: any Channel, idleSince: @escaping @Sendable () -> NIODeadline?) -> Connection {
        let address = AddressBlock(peerOf: channel)
        let isFull = Self.ofProcess.load(ordering: .relaxed) >= mostOfProcess
        let (id, leaving) = state.withLock { state in
            state.last += 1
            let id = state.last
            state.open[id] = Open(channel: channel, idleSince: idleSince)
            var leaving = state.shares.opened(id, from: address, isFull: isFull)
            // All are insiders'. One that is idle is worth nothing, whosever it is.
            if leaving == [id], let idlest = Self.idlest(of: state, but: id) {
                state.shares.closed(idlest)
                leaving = [idlest] + state.shares.opened(id, from: address)
            }
            return (id, leaving)
        }
        Self.ofProcess.add(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { [self] _ in
            Self.ofProcess.subtract(1, ordering: .relaxed)
            state.withLock { state in
                state.shares.closed(id)
                state.open[id] = nil
            }
        }
        close(leaving)
        if !leaving.isEmpty { tell(of: address) }
        if state.withLock({ $0.isClosing }) { close([id]) }
        return Connection(id: id, address: address, isProven: address.isLocal, of: self)
    }

    /// Once a minute: it may go on for long, and each line of the log is worth more than what it tells of.
    private func tell(of address: AddressBlock) {
        let now = NIODeadline.now()
        let isDue = lastLine.withLock { last in
            if let last, now - last < .seconds(60) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        logger.warning(
            "there are more connections than have a share: idle ones are closed for those that come",
            metadata: ["address": "\(address)"])
    }

    /// Frees descriptors, if outsiders have any.
    func shed() -> Bool {
        let leaving = state.withLock { $0.shares.shed(8) }
        close(leaving)
        return !leaving.isEmpty
    }

    func asked(_ id: ConnectionShares.ID) { state.withLock { $0.shares.asked(id) } }

    func proved(_ id: ConnectionShares.ID, as name: String?) {
        close(state.withLock { $0.shares.proved(id, as: name) })
    }

    func begin(_ reader: StreamShares.Reader, on id: ConnectionShares.ID) -> StreamShares.Refusal? {
        if let refusal = streams.withLock({ $0.begin(reader) }) { return refusal }
        state.withLock { $0.shares.lasts(id) }
        return nil
    }

    func end(_ reader: StreamShares.Reader) { streams.withLock { $0.end(reader) } }

    /// All of them, and each that comes later.
    func closeAll() {
        let ids = state.withLock { state in
            state.isClosing = true
            return Array(state.open.keys)
        }
        close(ids)
    }

    func close(_ ids: [ConnectionShares.ID]) {
        guard !ids.isEmpty else { return }
        for channel in state.withLock({ state in ids.compactMap { state.open[$0]?.channel } }) {
            channel.close(promise: nil)
        }
    }

    private static func idlest(of state: State, but newcomer: ConnectionShares.ID) -> ConnectionShares.ID? {
        var idlest: (id: ConnectionShares.ID, since: NIODeadline)?
        for (id, open) in state.open where id != newcomer {
            guard let since = open.idleSince() else { continue }
            if since < idlest?.since ?? .distantFuture { idlest = (id, since) }
        }
        return idlest?.id
    }
}

/// Descriptors that connections leave to everything else: the database, scripts, keepers, connections to clients.
enum DescriptorRoom {
    /// How many connections all listeners of this process may have together.
    static var connections: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 768 }
        return connections(limit: UInt64(clamping: limit.rlim_cur))
    }

    /// - Parameter limit: `RLIM_INFINITY` is a number like any other.
    static func connections(limit: UInt64) -> Int {
        let limit = Int(clamping: limit)
        return limit - min(1024, limit / 4)
    }
}
