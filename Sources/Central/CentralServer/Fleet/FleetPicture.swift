import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import NIOCore

/// The whole fleet as a value: reports go in, questions are answered. It does nothing itself.
package struct FleetPicture: Sendable {
    struct Entry: Sendable {
        var client: KnownClient
        /// Monotonic; nil where the report is of an earlier life of the central.
        var seenAt: Double?
        /// The overview as JSON, but for what changes with time; made when it is asked for.
        var fragment: OverviewText.Fragment?
        /// As readers of the event stream were told it last.
        var shownStatus: ClientStatus
        var budget = EventBudget()
        /// The workloads as readers know them, where reports came too fast to tell of each.
        var owedSince: [Workload]?
        var part: ReportRoom.Part?
        var lives = ReportingLives()
        var learnt = LearntWorkloads()
        /// As readers of the event stream were told it last.
        var shownClones: [ClientClone] = []
    }

    /// What became of a report.
    package struct Reception: Hashable, Sendable {
        /// False where a newer one is known, and this one was a sign of life and no more.
        package var isTaken: Bool
        package var changes: [FleetChange] = []
        /// From now on it is known that several hosts have this name, or that they have it no more.
        package var clones: [ClientClone]?
        /// Workloads for which there was no room.
        package var leftOut = 0
    }

    var entries: [String: Entry] = [:]
    var room = ReportRoom(listed: 0)
    /// All names, those of the inventory too, in order; nil where they must be sorted anew.
    var names: [String]?
    var changed: Set<String> = []
    /// Clients of which readers know less than we do.
    var owed: Set<String> = []
    private var deployments: [DeploymentStatus] = []
    let staleness: Staleness
    package private(set) var inventory: Inventory
    var inventoryByName: [String: InventoryClient]

    package init(staleness: Staleness, inventory: Inventory, known: [KnownClient] = []) {
        self.staleness = staleness
        self.inventory = inventory
        inventoryByName = Self.byName(inventory)
        for client in known {
            let status = staleness.status(
                seenAt: nil, goodbye: client.heartbeat.goodbye == true, now: staleness.startedAt)
            entries[client.heartbeat.clientName] = Entry(client: client, shownStatus: status)
        }
        shareOut()
        for name in entries.keys where !changed.contains(name) { entries[name]?.client.text = ByteBuffer() }
    }

    /// - Returns: who is not shown as before.
    @discardableResult
    package mutating func use(_ inventory: Inventory) -> [FleetChange] {
        let before = inventoryByName
        self.inventory = inventory
        inventoryByName = Self.byName(inventory)
        names = nil
        for name in entries.keys { entries[name]?.fragment = nil }
        shareOut()
        return Set(before.keys).union(inventoryByName.keys).sorted().compactMap { name in
            if before[name] == inventoryByName[name] { return nil }
            return knows(name) ? .client(name) : .clientRemoved(name)
        }
    }

    /// What clients said of their addresses is not trusted any more, until they show the token that counts now.
    mutating func distrust() {
        for name in entries.keys { entries[name]?.client.showedAPIToken = false }
    }

    /// Newest first; the place of one that is known stays.
    package mutating func show(_ deployment: DeploymentStatus) {
        if let index = deployments.firstIndex(where: { $0.id == deployment.id }) {
            deployments[index] = deployment
            return
        }
        let index = deployments.firstIndex { $0.createdAt <= deployment.createdAt } ?? deployments.endIndex
        deployments.insert(deployment, at: index)
        if deployments.count > Self.mostDeployments { deployments.removeLast() }
    }

    /// In a snapshot.
    private static let mostDeployments = 20

    /// - Returns: false where there is none of that name.
    package mutating func forget(_ name: String) -> Bool {
        guard let gone = entries.removeValue(forKey: name) else { return false }
        room.replace(gone.part, by: nil)
        changed.remove(name)
        owed.remove(name)
        names = nil
        return true
    }

    /// What has changed since this was asked last: what has to be stored.
    package mutating func takeChanged() -> [KnownClient] {
        defer { changed = [] }
        return changed.compactMap { entries[$0]?.client }
    }

    /// What was taken is stored, so that its texts are not kept any longer; or it is not, and is taken again.
    package mutating func settle(_ taken: [KnownClient], isStored: Bool) {
        for name in taken.map(\.heartbeat.clientName) where entries[name] != nil && !changed.contains(name) {
            if isStored { entries[name]?.client.text = ByteBuffer() } else { changed.insert(name) }
        }
    }

    // MARK: - Questions

    package var clientCount: Int { entries.count }

    /// Clients in the inventory.
    var listedCount: Int { inventoryByName.count }

    func isListed(_ name: String) -> Bool { inventoryByName[name] != nil }

    package func knows(_ name: String) -> Bool { entries[name] != nil || inventoryByName[name] != nil }

    package func client(_ name: String) -> KnownClient? { entries[name]?.client }

    package func workloads(of name: String) -> [Workload]? {
        entries[name]?.client.heartbeat.workloads ?? (inventoryByName[name] != nil ? [] : nil)
    }

    package func status(of name: String, at now: CentralMoment) -> ClientStatus {
        entries[name].map { status(of: $0, at: now) } ?? .offline
    }

    private func status(of entry: borrowing Entry, at now: CentralMoment) -> ClientStatus {
        staleness.status(
            seenAt: entry.seenAt, goodbye: entry.client.heartbeat.goodbye == true, now: now.monotonic)
    }

    /// Where the client's daemon is reached: the inventory wins, then what a report says of itself.
    package func address(of name: String) -> ClientAddress? {
        if let known = inventoryByName[name] {
            return ClientAddress(host: known.host, port: known.apiPort, isTrusted: true)
        }
        guard let client = entries[name]?.client, let host = client.heartbeat.advertiseHost ?? client.peer else {
            return nil
        }
        return ClientAddress(
            host: host, port: client.heartbeat.apiPort ?? 9100, isTrusted: client.showedAPIToken)
    }

    package func overview(_ name: String, at now: CentralMoment) -> ClientOverview? {
        guard knows(name) else { return nil }
        var overview = ClientOverview(name: name, status: status(of: name, at: now))
        let known = inventoryByName[name]
        overview.tags = known?.tags ?? []
        let address = address(of: name)
        overview.host = address?.host
        overview.apiPort = address?.port
        overview.clones = []
        guard let entry = entries[name] else { return overview }
        let client = entry.client
        let heartbeat = client.heartbeat
        overview.lastSeen = client.lastSeen
        overview.workloadCount = heartbeat.workloads.count
        overview.workloadsRunning = heartbeat.workloads.count { $0.status == .running }
        overview.workloadsFailed = heartbeat.workloads.count { $0.status.isTrouble }
        overview.deployedVersion = heartbeat.deployedVersion
        overview.deployedDigest = heartbeat.deployedDigest
        overview.system = heartbeat.system
        overview.programVersion = heartbeat.programVersion
        overview.clockSkewSeconds = client.clockSkew
        overview.hostInfo = heartbeat.host
        overview.clones = entry.shownClones
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
        text.writeJSONArray(names) { writeOverview($1, at: now, into: &$0) }
        return text
    }

    /// One client as JSON.
    package mutating func writeOverview(_ name: String, at now: CentralMoment, into text: inout ByteBuffer) {
        // Looked up once: to copy an entry costs about as much as to write it.
        if let entry = entries[name], let fragment = entry.fragment {
            fragment.write(status: status(of: entry, at: now), into: &text)
        } else {
            fragment(of: name, at: now).write(status: status(of: name, at: now), into: &text)
        }
    }

    /// `{"clients":[…],"deployments":[…]}`, on one line.
    package mutating func writeSnapshot(at now: CentralMoment, into text: inout ByteBuffer) {
        text.writeStaticString(#"{"clients":"#)
        text.writeJSONArray(sortedNames()) { text, name in
            fragment(of: name, at: now).write(
                status: status(of: name, at: now), workloads: entries[name]?.client.heartbeat.workloads ?? [],
                into: &text)
        }
        text.writeStaticString(#","deployments":"#)
        text.writeImmutableBuffer(HarmlessJSON.text((try? JSONEncoder().encode(deployments)) ?? Data("[]".utf8)))
        text.writeStaticString("}")
    }

    private mutating func fragment(of name: String, at now: CentralMoment) -> OverviewText.Fragment {
        if let fragment = entries[name]?.fragment { return fragment }
        let overview = overview(name, at: now) ?? ClientOverview(name: name, status: .offline)
        let fragment = OverviewText.Fragment(overview)
        entries[name]?.fragment = fragment
        return fragment
    }

    mutating func sortedNames() -> [String] {
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
    /// It is in the inventory, or was named by a report that was shown with the central's own `api_token`.
    package var isTrusted: Bool

    package init(host: String, port: Int, isTrusted: Bool) {
        self.host = host
        self.port = port
        self.isTrusted = isTrusted
    }
}
