import FleetConfig
import FleetModel
import NIOCore

/// Now, on both clocks.
package struct CentralMoment: Hashable, Sendable {
    package var wall: Timestamp
    package var monotonic: Double

    package init(wall: Timestamp, monotonic: Double) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// The whole fleet as a value: reports go in, questions are answered. It does nothing itself.
package struct FleetPicture: Sendable {
    private struct Entry: Sendable {
        var client: KnownClient
        /// Monotonic; nil where the report is of an earlier life of the central.
        var seenAt: Double?
        /// The overview as JSON, but for what changes with time; made when it is asked for.
        var fragment: OverviewText.Fragment?
    }

    private var entries: [String: Entry] = [:]
    /// All names, those of the inventory too, in order; nil where they must be sorted anew.
    private var names: [String]?
    private var changed: Set<String> = []
    private let staleness: Staleness
    package private(set) var inventory: Inventory
    private var inventoryByName: [String: InventoryClient]

    package init(staleness: Staleness, inventory: Inventory, known: [KnownClient] = []) {
        self.staleness = staleness
        self.inventory = inventory
        inventoryByName = Self.byName(inventory)
        for client in known { entries[client.heartbeat.clientName] = Entry(client: client) }
    }

    package mutating func use(_ inventory: Inventory) {
        self.inventory = inventory
        inventoryByName = Self.byName(inventory)
        names = nil
        for name in entries.keys { entries[name]?.fragment = nil }
    }

    /// - Returns: false where a newer report is known, and this one changed nothing.
    @discardableResult
    package mutating func receive(_ client: KnownClient, at now: CentralMoment) -> Bool {
        let name = client.heartbeat.clientName
        if let before = entries[name] {
            guard !before.client.isNewer(than: client.heartbeat) else { return false }
        } else if inventoryByName[name] == nil {
            names = nil
        }
        entries[name] = Entry(client: client, seenAt: now.monotonic)
        changed.insert(name)
        return true
    }

    /// - Returns: false where there is none of that name.
    package mutating func forget(_ name: String) -> Bool {
        guard entries.removeValue(forKey: name) != nil else { return false }
        changed.remove(name)
        names = nil
        return true
    }

    /// What has changed since this was asked last: what has to be stored.
    package mutating func takeChanged() -> [KnownClient] {
        defer { changed = [] }
        return changed.compactMap { entries[$0]?.client }
    }

    // MARK: - Questions

    package var clientCount: Int { entries.count }

    package func knows(_ name: String) -> Bool { entries[name] != nil || inventoryByName[name] != nil }

    package func client(_ name: String) -> KnownClient? { entries[name]?.client }

    package func workloads(of name: String) -> [Workload]? {
        entries[name]?.client.heartbeat.workloads ?? (inventoryByName[name] != nil ? [] : nil)
    }

    package func status(of name: String, at now: CentralMoment) -> ClientStatus {
        guard let entry = entries[name] else { return .offline }
        return staleness.status(
            seenAt: entry.seenAt, goodbye: entry.client.heartbeat.goodbye == true, now: now.monotonic)
    }

    /// Where the client's daemon is reached: the inventory wins, then what an authenticated report says of itself.
    package func address(of name: String) -> ClientAddress? {
        if let known = inventoryByName[name] {
            return ClientAddress(host: known.host, port: known.apiPort, mayBeShownToken: true)
        }
        guard let client = entries[name]?.client, let host = client.heartbeat.advertiseHost ?? client.peer else {
            return nil
        }
        return ClientAddress(
            host: host, port: client.heartbeat.apiPort ?? 9100, mayBeShownToken: client.isAuthenticated)
    }

    package func overview(_ name: String, at now: CentralMoment) -> ClientOverview? {
        guard knows(name) else { return nil }
        var overview = ClientOverview(name: name, status: status(of: name, at: now))
        let known = inventoryByName[name]
        overview.tags = known?.tags ?? []
        let address = address(of: name)
        overview.host = address?.host
        overview.apiPort = address?.port
        guard let client = entries[name]?.client else { return overview }
        let heartbeat = client.heartbeat
        overview.lastSeen = client.lastSeen
        overview.workloadCount = heartbeat.workloads.count
        overview.workloadsRunning = heartbeat.workloads.count { $0.status == .running }
        overview.workloadsFailed = heartbeat.workloads.count { $0.status.isTrouble }
        overview.deployedVersion = heartbeat.deployedVersion
        overview.system = heartbeat.system
        overview.programVersion = heartbeat.programVersion
        overview.clockSkewSeconds = client.clockSkew
        overview.hostInfo = heartbeat.host
        return overview
    }

    package mutating func overviews(at now: CentralMoment) -> [ClientOverview] {
        sortedNames().compactMap { overview($0, at: now) }
    }

    /// The list of all clients as JSON. Only what was reported since the last time is written anew.
    package mutating func overviewsText(at now: CentralMoment) -> ByteBuffer {
        var text = ByteBuffer()
        let names = sortedNames()
        text.reserveCapacity(names.count * 640)
        text.writeStaticString("[")
        for (index, name) in names.enumerated() {
            if index > 0 { text.writeStaticString(",") }
            let status = status(of: name, at: now)
            if let fragment = entries[name]?.fragment {
                fragment.write(status: status, into: &text)
                continue
            }
            guard let overview = overview(name, at: now) else { continue }
            let fragment = OverviewText.Fragment(overview)
            fragment.write(status: status, into: &text)
            entries[name]?.fragment = fragment
        }
        text.writeStaticString("]")
        return text
    }

    private mutating func sortedNames() -> [String] {
        if let names { return names }
        let sorted = Set(entries.keys).union(inventoryByName.keys).sorted()
        names = sorted
        return sorted
    }

    private static func byName(_ inventory: Inventory) -> [String: InventoryClient] {
        Dictionary(inventory.clients.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Where a client's daemon is reached.
package struct ClientAddress: Hashable, Sendable {
    package var host: String
    package var port: Int
    /// It is in the inventory, or was named by an authenticated report.
    package var mayBeShownToken: Bool

    package init(host: String, port: Int, mayBeShownToken: Bool) {
        self.host = host
        self.port = port
        self.mayBeShownToken = mayBeShownToken
    }
}
