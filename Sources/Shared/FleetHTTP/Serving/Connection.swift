import HTTPTypes
import NIOCore
import Synchronization

/// A connection as requests on it see it: whom it counts for, and how it comes to count for somebody better.
package final class Connection: Sendable {
    package let address: AddressBlock
    private let id: ConnectionShares.ID
    private let connections: Connections
    private let isProven: Atomic<Bool>
    /// Whom the request that is answered is from: behind a proxy that need not be who the last one was from.
    private let asking: Mutex<ByteBudget.Holder>

    init(id: ConnectionShares.ID, address: AddressBlock, isProven: Bool, of connections: Connections) {
        self.id = id
        self.address = address
        self.isProven = Atomic(isProven)
        self.connections = connections
        asking = Mutex(ByteBudget.Holder(.anonymous, at: address))
    }

    /// For whom what is answered now is held.
    var holder: ByteBudget.Holder { asking.withLock { $0 } }

    /// - Parameters:
    ///   - principal: nil before it is known.
    ///   - address: whom the request counts for.
    func isAnswering(_ principal: Principal?, at address: AddressBlock) {
        asking.withLock { $0 = ByteBudget.Holder(principal ?? .anonymous, at: address) }
    }

    /// Whoever is on it has shown a token, or reported as a client of the fleet.
    var isInsider: Bool { isProven.load(ordering: .relaxed) }

    /// A whole request came.
    func asked() {
        if !isInsider { connections.asked(id) }
    }

    /// - Parameter client: which one reports on it, where that is known: it has few connections of its own.
    package func proved(client: String? = nil) {
        guard !isProven.exchange(true, ordering: .relaxed) else { return }
        connections.proved(id, as: client)
    }

    package func close() { connections.close([id]) }

    /// - Throws: `APIError` 503 where whoever asks has had their share.
    func beginStream(_ principal: Principal, at address: AddressBlock) throws -> StreamLease {
        let reader: StreamShares.Reader =
            principal.isAuthenticated ? .insider(principal.name) : .outsider(address)
        if let refusal = connections.begin(reader, on: id) {
            let sentence =
                switch refusal {
                case .own(let most): "you have \(most) streams open already; close some"
                case .outsiders(let most): "there are \(most) streams without a token already; log in, or try later"
                case .all(let most): "there are \(most) streams already; try later"
                }
            throw APIError(.serviceUnavailable, sentence, headers: [.retryAfter: "30"])
        }
        return StreamLease(reader: reader, connection: self, connections: connections)
    }
}

/// A place among the streams, free again when this goes.
package final class StreamLease: Sendable {
    private let reader: StreamShares.Reader
    private let connection: Connection
    private let connections: Connections

    init(reader: StreamShares.Reader, connection: Connection, connections: Connections) {
        self.reader = reader
        self.connection = connection
        self.connections = connections
    }

    deinit { connections.end(reader) }

    var isInsider: Bool {
        if case .insider = reader { true } else { false }
    }

    func close() { connection.close() }
}
