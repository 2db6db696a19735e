import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import Logging
import NIOCore
import Synchronization

/// The picture of the fleet, shared by all requests, and its way to the store.
///
/// A lock and no actor: each use is some microseconds of arithmetic, and a heartbeat would spend more on the hop.
package final class FleetState: Sendable {
    private let picture: Mutex<FleetPicture>
    private let store: any FleetStore
    private let now: @Sendable () -> CentralMoment
    private let logger: Logger
    private let storeTrouble = Mutex(false)
    /// Held from taking what changed until it is stored: a client forgotten in between would come back.
    private let storing = Mutex(())

    /// - Throws: where the store can't be read.
    package init(
        store: any FleetStore, inventory: Inventory, threshold: Double, now: @escaping @Sendable () -> CentralMoment,
        logger: Logger
    ) throws {
        let known = try store.clients().compactMap { stored -> KnownClient? in
            guard let heartbeat = try? JSONDecoder().decode(Heartbeat.self, from: Data(stored.heartbeat.utf8)) else {
                return nil
            }
            return KnownClient(
                heartbeat: heartbeat, text: ByteBuffer(string: stored.heartbeat), lastSeen: stored.lastSeen,
                peer: stored.peer, isAuthenticated: stored.isAuthenticated, clockSkew: stored.clockSkew)
        }
        let staleness = Staleness(threshold: threshold, startedAt: now().monotonic)
        picture = Mutex(FleetPicture(staleness: staleness, inventory: inventory, known: known))
        self.store = store
        self.now = now
        self.logger = logger
    }

    package var time: CentralMoment { now() }

    package func ask<Answer: Sendable>(
        _ question: (inout FleetPicture, CentralMoment) throws -> Answer
    ) rethrows -> Answer {
        let now = now()
        return try picture.withLock { try question(&$0, now) }
    }

    package func forget(_ name: String) throws -> Bool {
        try storing.withLock { _ in
            let known = picture.withLock { $0.forget(name) }
            try store.forget(name)
            return known
        }
    }

    /// Stores what has changed since the last time, all in one transaction.
    package func flush() {
        storing.withLock { _ in
            let changed = picture.withLock { $0.takeChanged() }
            guard !changed.isEmpty else { return }
            let rows = changed.map { client in
                StoredClient(
                    name: client.heartbeat.clientName, heartbeat: String(buffer: client.text),
                    lastSeen: client.lastSeen, peer: client.peer, isAuthenticated: client.isAuthenticated,
                    clockSkew: client.clockSkew)
            }
            attempt { try store.save(rows) }
        }
    }

    package func note(_ entry: AuditEntry) { attempt { try store.append(entry) } }

    package func audit(limit: Int) throws -> [AuditEntry] { try store.audit(limit: limit) }

    /// A store that fails is told of once; the picture is right without it.
    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
            let wasTrouble = storeTrouble.withLock { trouble in
                defer { trouble = false }
                return trouble
            }
            if wasTrouble { logger.info("the fleet can be stored again") }
        } catch {
            let isNew = storeTrouble.withLock { trouble in
                defer { trouble = true }
                return !trouble
            }
            if isNew { logger.error("the fleet cannot be stored: \(error)") }
        }
    }
}
