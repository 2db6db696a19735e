/// What a client daemon tells the central: the whole of its state, every time.
///
/// Only the first five fields are required; other implementations send no more.
package struct Heartbeat: Codable, Hashable, Sendable {
    package var clientName: String
    package var timestamp: Timestamp
    package var deployedVersion: String?
    package var workloads: [Workload]
    package var system: SystemMetrics?
    package var apiPort: Int?
    package var advertiseHost: String?
    /// Changes with each boot of the host; `sequence` counts within one life of the daemon in it.
    package var bootID: String?
    package var sequence: Int64?
    package var programVersion: String?
    package var host: HostInfo?
    /// The daemon is going down on purpose.
    package var goodbye: Bool?

    package init(clientName: String, timestamp: Timestamp, workloads: [Workload]) {
        self.clientName = clientName
        self.timestamp = timestamp
        self.workloads = workloads
    }

    enum CodingKeys: String, CodingKey {
        case timestamp, workloads, system, sequence, host, goodbye
        case clientName = "client_name"
        case deployedVersion = "deployed_version"
        case apiPort = "api_port"
        case advertiseHost = "advertise_host"
        case bootID = "boot_id"
        case programVersion = "program_version"
    }
}
