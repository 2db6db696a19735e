/// Who may have how many connections. Pure: it names those to be closed, and somebody else closes them.
///
/// A connection begins as an outsider's. Outsiders have a share together and one an address; where it is used up, the one
/// that has asked for nothing the longest makes room, so that a newcomer always gets as far as showing its token. Once
/// it did, the connection is an insider's: no outsider can take its place any more, whatever address both come from.
///
///     opened ──▶ outsider ──token, or an accepted report──▶ insider
///                    └──a stream was granted──▶ lasting (its number is bounded by `StreamShares`)
struct ConnectionShares: Sendable {
    typealias ID = UInt64

    private struct Connection: Sendable {
        var address: AddressBlock
        var standing = Standing.outsider
    }

    private enum Standing: Sendable {
        case outsider, lasting
        /// Of the one who has a share of its own, if it has one.
        case insider(String?)
    }

    private let limits: HTTPLimits
    private var connections: [ID: Connection] = [:]
    private var outsiders = RecencyList<ID>()
    private var byAddress: [AddressBlock: RecencyList<ID>] = [:]
    private var byName: [String: RecencyList<ID>] = [:]

    init(limits: HTTPLimits) { self.limits = limits }

    var count: Int { connections.count }
    var outsiderCount: Int { outsiders.count }

    /// - Parameter isFull: there is no room for one more, for a reason that is not ours.
    /// - Returns: whom to close for it; the newcomer itself where all the room is insiders'.
    mutating func opened(_ id: ID, from address: AddressBlock, isFull: Bool = false) -> [ID] {
        var leaving: [ID] = []
        if isFull || connections.count >= limits.connections {
            guard let oldest = outsiders.oldest else { return [id] }
            leaving.append(oldest)
            closed(oldest)
        }
        connections[id] = Connection(address: address)
        // Whoever opens the Unix socket has shown by this who it is.
        if address.isLocal {
            connections[id]?.standing = .insider(nil)
            return leaving
        }
        outsiders.use(id)
        byAddress[address, default: RecencyList()].use(id)
        if let own = byAddress[address], own.count > limits.connectionsOfAddress, let oldest = own.oldest {
            leaving.append(oldest)
            closed(oldest)
        }
        if outsiders.count > limits.connectionsOfOutsiders, let oldest = outsiders.oldest {
            leaving.append(oldest)
            closed(oldest)
        }
        return leaving
    }

    /// A whole request came: of outsiders the one goes first that has sent none for the longest.
    mutating func asked(_ id: ID) {
        guard let connection = connections[id], case .outsider = connection.standing else { return }
        outsiders.use(id)
        byAddress[connection.address]?.use(id)
    }

    /// - Parameter name: of who has a share of its own, as a client has that reports; nil where there is no such bound.
    /// - Returns: whom to close for it.
    mutating func proved(_ id: ID, as name: String?) -> [ID] {
        guard let connection = connections[id] else { return [] }
        if case .insider = connection.standing { return [] }
        leave(id, connection)
        connections[id]?.standing = .insider(name)
        guard let name else { return [] }
        byName[name, default: RecencyList()].use(id)
        guard let own = byName[name], own.count > limits.connectionsOfClient, let oldest = own.oldest else { return [] }
        closed(oldest)
        return [oldest]
    }

    /// It was granted a stream, and is no longer judged by when it asked last.
    mutating func lasts(_ id: ID) {
        guard let connection = connections[id], case .outsider = connection.standing else { return }
        leave(id, connection)
        connections[id]?.standing = .lasting
    }

    /// - Returns: outsiders to be closed where descriptors are wanted, at most that many.
    mutating func shed(_ count: Int) -> [ID] {
        var leaving: [ID] = []
        while leaving.count < count, let oldest = outsiders.oldest {
            leaving.append(oldest)
            closed(oldest)
        }
        return leaving
    }

    mutating func closed(_ id: ID) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        leave(id, connection)
    }

    private mutating func leave(_ id: ID, _ connection: Connection) {
        switch connection.standing {
        case .lasting, .insider(nil): break
        case .insider(let name?):
            byName[name]?.remove(id)
            if byName[name]?.isEmpty == true { byName[name] = nil }
        case .outsider:
            outsiders.remove(id)
            byAddress[connection.address]?.remove(id)
            if byAddress[connection.address]?.isEmpty == true { byAddress[connection.address] = nil }
        }
    }
}
