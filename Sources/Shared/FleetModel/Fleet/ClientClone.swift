/// One of several daemons that report under one name, as far as it can be told from the others.
package struct ClientClone: Codable, Hashable, Sendable {
    /// Where its last report came from.
    package var address: String?
    package var bootID: String?
    /// The id of this life of the daemon; nil of an older one.
    package var instance: String?
    package var hostname: String?
    /// By the central's clock.
    package var lastSeen: Timestamp

    package init(address: String?, bootID: String?, instance: String?, hostname: String?, lastSeen: Timestamp) {
        self.address = address
        self.bootID = bootID
        self.instance = instance
        self.hostname = hostname
        self.lastSeen = lastSeen
    }

    enum CodingKeys: String, CodingKey {
        case address, instance, hostname
        case bootID = "boot_id"
        case lastSeen = "last_seen"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(address, forKey: .address)
        try container.encode(bootID, forKey: .bootID)
        try container.encode(instance, forKey: .instance)
        try container.encode(hostname, forKey: .hostname)
        try container.encode(lastSeen, forKey: .lastSeen)
    }

    /// `10.0.0.7 (kiosk, boot 1f0c2a9e)`: enough to find the host by.
    package var description: String {
        let id = bootID.map { "boot \($0.prefix(8))" } ?? instance.map { "daemon \($0.prefix(8))" }
        let known = [hostname, id].compactMap { $0 }.joined(separator: ", ")
        return (address ?? "an unknown address") + (known.isEmpty ? "" : " (\(known))")
    }
}

extension ClientOverview {
    /// Hosts share its name, as none should.
    package var isCloned: Bool { (clones?.count ?? 0) > 1 }

    /// Which ones, as far as they are known.
    package var cloneList: String { (clones ?? []).map(\.description).joined(separator: " and ") }

    /// What to tell of that; nil where there is one host, as there should be.
    package var cloneWarning: String? {
        guard isCloned else { return nil }
        return "\(clones?.count ?? 0) daemons report as '\(name)': \(cloneList); "
            + "give each host its own fleet.client_name"
    }
}
