import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The picture of the fleet, shared by all requests, and its way to the store.
///
/// A lock and no actor: each use is some microseconds of arithmetic, and a heartbeat would spend more on the hop.
package final class FleetState: Sendable {
    let picture: Mutex<FleetPicture>
    let store: any FleetStore
    let now: @Sendable () -> CentralMoment
    let logger: Logger
    private let storeTrouble = Mutex(false)
    private let failures = Atomic(0)
    /// Held from the moment that changes are taken until they are stored: a client that is forgotten in between would
    /// come back.
    private let storing = Mutex(())
    /// Appended to while the picture is held, so that a snapshot of it has its place between two events.
    package let events = EventLog()
    /// For readers that come at the same time, as they do after a restart.
    let lastSnapshot = Mutex<EventSnapshot?>(nil)
    /// By client: a hash of the warnings that the log was told last, and when that was.
    private let toldWarnings = Mutex<[String: (warnings: Int, at: Double)]>([:])
    /// Seconds between two such lines about one client, whatever it says.
    private static let tellingPause = 60.0
    static let mostClients = 20_000
    /// Names of clients of which the log was told that their reports are cut.
    private let cutNames = Mutex<Set<String>>([])
    package let refusals = Refusals()
    let auditBacklog = Mutex(AuditBacklog())
    /// Held while lines of the audit are written; whether the last one was refused.
    let auditWriting = Mutex(false)
    /// For those who wait for what a client reports.
    package let reports = ReportWatch()

    /// What the central opens other hosts with, and is opened with; both may change while it runs.
    struct Keys: Hashable, Sendable {
        /// Shown to a client that has no token of its own in the inventory.
        var apiToken: String?
        /// Some token is configured: then nothing goes to an address that a stranger may have named.
        var isGuarded: Bool

        /// What a client's stored report is marked with where it was shown with the central's own token.
        func mark(_ client: String) -> String? { apiToken.map { TokenMark.text(of: $0, shownBy: client) } }
    }

    private let currentKeys: Mutex<Keys>
    var keys: Keys { currentKeys.withLock { $0 } }

    /// - Parameter apiToken: the central's own, to know again who showed it.
    /// - Throws: where the store can't be read.
    package init(
        store: any FleetStore, inventory: Inventory, threshold: Double, apiToken: String? = nil,
        isGuarded: Bool = false,
        now: @escaping @Sendable () -> CentralMoment, logger: Logger
    ) throws {
        let keys = Keys(apiToken: apiToken, isGuarded: isGuarded)
        let known = try store.clients().compactMap { stored -> KnownClient? in
            guard var heartbeat = try? JSONDecoder().decode(Heartbeat.self, from: Data(stored.heartbeat.utf8)),
                HeartbeatCheck.problem(of: heartbeat) == nil
            else {
                logger.warning(
                    "what is stored of a client cannot be read; it is shown again when it reports",
                    metadata: ["client": "\(stored.name.cut(toBytes: 64))"])
                return nil
            }
            HeartbeatCheck.tidy(&heartbeat)
            heartbeat.warnings = []
            return KnownClient(
                heartbeat: heartbeat, text: ByteBuffer(string: stored.heartbeat), lastSeen: stored.lastSeen,
                peer: stored.peer,
                showedAPIToken: stored.tokenMark != nil && stored.tokenMark == keys.mark(stored.name),
                clockSkew: stored.clockSkew)
        }
        let staleness = Staleness(threshold: threshold, startedAt: now().monotonic)
        picture = Mutex(FleetPicture(staleness: staleness, inventory: inventory, known: known))
        self.store = store
        currentKeys = Mutex(keys)
        self.now = now
        self.logger = logger
    }

    package var time: CentralMoment { now() }
    /// Writes to the store that failed, so far.
    var storeFailures: Int { failures.load(ordering: .relaxed) }

    package func ask<Answer: Sendable>(
        _ question: (inout FleetPicture, CentralMoment) throws -> Answer
    ) rethrows -> Answer {
        let now = now()
        return try picture.withLock { try question(&$0, now) }
    }

    /// - Returns: false where a newer report is known.
    /// - Throws: `APIError` where there is no room for another client.
    @discardableResult
    package func receive(_ client: KnownClient) throws -> Bool {
        let now = now()
        let name = client.heartbeat.clientName
        let reception = try picture.withLock { picture in
            // Without a token anyone could fill the memory with names.
            if picture.clientCount >= Self.mostClients, picture.client(name) == nil {
                throw APIError(
                    .serviceUnavailable, "this central knows \(Self.mostClients) clients, which is its limit")
            }
            let reception = picture.receive(client, at: now)
            publish(reception.changes, of: &picture, at: now)
            return reception
        }
        if reception.leftOut > 0, cutNames.withLock({ $0.insert(name).inserted }) {
            logger.warning(
                "the reports of all clients are larger than there is room for: workloads were left out",
                metadata: ["client": "\(name)", "left_out": "\(reception.leftOut)"])
        }
        if let clones = reception.clones { tell(clones, of: name) }
        if reception.isTaken { reports.tell(of: name) }
        return reception.isTaken
    }

    /// Says once what of a client's reports is not understood, and again when that changes.
    func tell(_ warnings: [String], of client: String) {
        let hash = warnings.hashValue
        let now = time.monotonic
        let isNew = toldWarnings.withLock { told in
            if let last = told[client], last.warnings == hash || now - last.at < Self.tellingPause { return false }
            told[client] = (hash, now)
            return true
        }
        guard isNew else { return }
        logger.warning(
            "a report is taken in part: \(warnings.joined(separator: "; "))", metadata: ["client": "\(client)"])
    }

    /// Takes what a client's daemon has answered when it was asked: see `FleetPicture.learn`.
    func learn(_ workloads: [Workload], all: Bool, release: ReleaseInUse? = nil, of name: String) {
        var heard = Heartbeat(clientName: name, timestamp: time.wall, workloads: workloads)
        HeartbeatCheck.tidy(&heard)
        let now = now()
        picture.withLock { [heard] picture in
            let changes = picture.learn(heard.workloads, all: all, release: release, of: name, at: now)
            publish(changes, of: &picture, at: now)
        }
    }

    private func tell(_ clones: [ClientClone], of name: String) {
        guard !clones.isEmpty else {
            return logger.notice("one host reports under this name again", metadata: ["client": "\(name)"])
        }
        logger.warning(
            "several hosts report under one name: give each its own fleet.client_name",
            metadata: ["client": "\(name)", "hosts": "\(clones.map(\.description).joined(separator: " and "))"])
    }

    /// Tells the readers of the event stream who fell silent.
    func tick() {
        let now = now()
        picture.withLock { picture in
            let changes = picture.tick(at: now)
            publish(changes, of: &picture, at: now)
        }
        lastSnapshot.withLock { $0 = nil }
    }

    /// Takes another inventory and other keys; readers are told of all that is seen of that.
    func use(_ inventory: Inventory, apiToken: String?, isGuarded: Bool) {
        let now = now()
        let new = Keys(apiToken: apiToken, isGuarded: isGuarded)
        let old = currentKeys.withLock { keys in
            defer { keys = new }
            return keys
        }
        picture.withLock { picture in
            // Who showed the old one need not have the new one.
            if old.apiToken != new.apiToken { picture.distrust() }
            let changes = picture.use(inventory)
            publish(changes, of: &picture, at: now)
        }
        lastSnapshot.withLock { $0 = nil }
    }

    /// All or nothing: what the database refuses to forget is still there, and nobody is told that it is not.
    ///
    /// - Parameter entry: who did it, for the audit.
    /// - Returns: false where there is none of that name, and nothing was done.
    /// - Throws: `APIError` where the database refuses it.
    package func forget(_ name: String, noting entry: AuditEntry) throws -> Bool {
        try storing.withLock { _ in
            guard picture.withLock({ $0.client(name) != nil }) else { return false }
            storeAudit()
            // Its line would stand before those that wait.
            let isForgotten = auditWaiting == 0 && attempt { try store.forget(name, noting: entry) }
            guard isForgotten else {
                throw APIError(
                    .serviceUnavailable,
                    "client '\(name)' was not forgotten: the central's database cannot be written; is the disk full?")
            }
            tellReaders(of: entry)
            let now = now()
            picture.withLock { picture in
                guard picture.forget(name) else { return }
                // One of the inventory stays, as one that never reported.
                let rest: [FleetChange] = picture.knows(name) ? [.client(name)] : []
                publish([.clientRemoved(name)] + rest, of: &picture, at: now)
            }
            toldWarnings.withLock { $0[name] = nil }
            _ = cutNames.withLock { $0.remove(name) }
            return true
        }
    }

    /// Stores what has changed since the last time, all in one transaction.
    package func flush() {
        storing.withLock { _ in
            storeAudit()
            refusals.write { refused in attempt { try store.add(refused) } }
            let changed = picture.withLock { $0.takeChanged() }
            guard !changed.isEmpty else { return }
            let keys = keys
            let rows = changed.map { client in
                StoredClient(
                    name: client.heartbeat.clientName, heartbeat: String(buffer: client.text),
                    lastSeen: client.lastSeen, peer: client.peer,
                    tokenMark: client.showedAPIToken ? keys.mark(client.heartbeat.clientName) : nil,
                    clockSkew: client.clockSkew)
            }
            let isStored = attempt { try store.save(rows) }
            picture.withLock { $0.settle(changed, isStored: isStored) }
        }
    }

    /// - Returns: false where the database refuses it.
    func save(_ history: StoredHistory) -> Bool { attempt { try store.save(history) } }

    /// Nil where none is stored, or it can't be read: it is only a picture.
    func history() -> StoredHistory? {
        var history: StoredHistory?
        attempt { history = try store.history() }
        return history
    }

    package func refusals(limit: Int) throws -> [Refusal] { try store.refusals(limit: limit) }

    /// A store that fails is told of once; the picture is right without it.
    /// - Returns: false where it failed.
    @discardableResult
    func attempt(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            let wasTrouble = storeTrouble.withLock { trouble in
                defer { trouble = false }
                return trouble
            }
            if wasTrouble { logger.info("the fleet can be stored again") }
            return true
        } catch {
            failures.add(1, ordering: .relaxed)
            let isNew = storeTrouble.withLock { trouble in
                defer { trouble = true }
                return !trouble
            }
            if isNew { logger.error("the fleet cannot be stored: \(error)") }
            return false
        }
    }
}
