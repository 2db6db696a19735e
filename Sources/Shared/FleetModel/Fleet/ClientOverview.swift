/// A client as the central sees it.
package struct ClientOverview: Hashable, Sendable {
    package var name: String
    package var host: String?
    package var apiPort: Int?
    package var status: ClientStatus
    /// By the central's clock.
    package var lastSeen: Timestamp?
    package var workloadCount: Int
    package var workloadsRunning: Int
    /// Those that are failed or in backoff.
    package var workloadsFailed: Int
    package var deployedVersion: String?
    /// Of the manifest of that release; nil where it is not known.
    package var deployedDigest: String?
    package var system: SystemMetrics?
    package var tags: [String]
    package var programVersion: String?
    /// The client's clock less the central's, at the last heartbeat; includes the way of the message.
    package var clockSkewSeconds: Double?
    package var hostInfo: HostInfo?
    /// Daemons that report under this one name, where there is more than one; nil where the central is older and does not
    /// know.
    package var clones: [ClientClone]?

    package init(name: String, status: ClientStatus) {
        self.name = name
        self.status = status
        workloadCount = 0
        workloadsRunning = 0
        workloadsFailed = 0
        tags = []
    }
}

package enum ClientStatus: String, Codable, Sendable, CaseIterable {
    case online, stale, offline
}

extension ClientOverview: Codable {
    enum CodingKeys: String, CodingKey {
        case name, host, status, system, tags, clones
        case apiPort = "api_port"
        case lastSeen = "last_seen"
        case workloadCount = "workload_count"
        case workloadsRunning = "workloads_running"
        case workloadsFailed = "workloads_failed"
        case deployedVersion = "deployed_version"
        case deployedDigest = "deployed_digest"
        case programVersion = "program_version"
        case clockSkewSeconds = "clock_skew_seconds"
        case hostInfo = "host_info"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(host, forKey: .host)
        try container.encode(apiPort, forKey: .apiPort)
        try container.encode(status, forKey: .status)
        try container.encode(lastSeen, forKey: .lastSeen)
        try container.encode(workloadCount, forKey: .workloadCount)
        try container.encode(workloadsRunning, forKey: .workloadsRunning)
        try container.encode(workloadsFailed, forKey: .workloadsFailed)
        try container.encode(deployedVersion, forKey: .deployedVersion)
        try container.encode(deployedDigest, forKey: .deployedDigest)
        try container.encode(system, forKey: .system)
        try container.encode(tags, forKey: .tags)
        try container.encode(programVersion, forKey: .programVersion)
        try container.encode(clockSkewSeconds, forKey: .clockSkewSeconds)
        try container.encode(hostInfo, forKey: .hostInfo)
        try container.encode(clones ?? [], forKey: .clones)
    }
}
