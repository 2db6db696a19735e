import FoundationEssentials

/// What `GET /api/fleet/events` of a central tells, decoded.
package enum FleetEvent: Hashable, Sendable {
    /// The whole picture: what a reader had before is void.
    case snapshot(FleetSnapshot)
    case client(ClientOverview)
    case workload(WorkloadChange)
    case workloadRemoved(WorkloadRemoval)
    case clientRemoved(ClientRemoval)
    case deployment(DeploymentStatus)
    case audit(AuditEntry)
    /// The reader was too slow: a snapshot follows.
    case resync

    package enum Kind: String, Sendable, CaseIterable {
        case snapshot, client, workload
        case workloadRemoved = "workload_removed"
        case clientRemoved = "client_removed"
        case deployment, audit, resync
    }

    /// - Returns: nil for an event that a later version may know.
    /// - Throws: `DecodingError` where the data are not in the shape of the event.
    package init?(event: String, data: String) throws {
        guard let kind = Kind(rawValue: event) else { return nil }
        func decoded<Value: Decodable>() throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(data.utf8))
        }
        switch kind {
        case .snapshot: self = .snapshot(try decoded())
        case .client: self = .client(try decoded())
        case .workload: self = .workload(try decoded())
        case .workloadRemoved: self = .workloadRemoved(try decoded())
        case .clientRemoved: self = .clientRemoved(try decoded())
        case .deployment: self = .deployment(try decoded())
        case .audit: self = .audit(try decoded())
        case .resync: self = .resync
        }
    }
}

/// The first event for a new reader.
package struct FleetSnapshot: Codable, Hashable, Sendable {
    package var clients: [ClientSnapshot]
    /// The newest 20, newest first.
    package var deployments: [DeploymentStatus]

    package init(clients: [ClientSnapshot], deployments: [DeploymentStatus]) {
        self.clients = clients
        self.deployments = deployments
    }
}

/// A ClientOverview with one more key, `workloads`.
package struct ClientSnapshot: Codable, Hashable, Sendable {
    package var overview: ClientOverview
    package var workloads: [Workload]

    package init(overview: ClientOverview, workloads: [Workload]) {
        self.overview = overview
        self.workloads = workloads
    }

    private enum CodingKeys: CodingKey { case workloads }

    package init(from decoder: any Decoder) throws {
        overview = try ClientOverview(from: decoder)
        workloads = try decoder.container(keyedBy: CodingKeys.self).decode([Workload].self, forKey: .workloads)
    }

    package func encode(to encoder: any Encoder) throws {
        try overview.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(workloads, forKey: .workloads)
    }
}

/// A workload that is new, or is no longer as it was.
package struct WorkloadChange: Codable, Hashable, Sendable {
    package var client: String
    package var workload: Workload

    package init(client: String, workload: Workload) {
        self.client = client
        self.workload = workload
    }
}

package struct WorkloadRemoval: Codable, Hashable, Sendable {
    package var client: String
    package var workload: String

    package init(client: String, workload: String) {
        self.client = client
        self.workload = workload
    }
}

package struct ClientRemoval: Codable, Hashable, Sendable {
    package var client: String
    package init(client: String) { self.client = client }
}
