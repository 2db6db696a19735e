/// What a client daemon tells the central: the whole of its state, every time.
///
/// Only the name and the time are required; other implementations send the first five fields and no more.
package struct Heartbeat: Hashable, Sendable {
    /// More are not read.
    package static let mostWorkloads = 5000

    package var clientName: String
    package var timestamp: Timestamp
    package var deployedVersion: String?
    /// Of the manifest of that release.
    package var deployedDigest: String?
    package var workloads: [Workload]
    package var system: SystemMetrics?
    package var apiPort: Int?
    package var advertiseHost: String?
    /// Changes with each boot of the host; `sequence` counts within one life of the daemon in it.
    package var bootID: String?
    package var sequence: Int64?
    /// The id of one life of the daemon, which no other has.
    package var instance: String?
    package var programVersion: String?
    package var host: HostInfo?
    /// The daemon is going down on purpose.
    package var goodbye: Bool?
    /// What of a report was not understood, a sentence each. Not sent.
    package var warnings: [String] = []

    package init(clientName: String, timestamp: Timestamp, workloads: [Workload]) {
        self.clientName = clientName
        self.timestamp = timestamp
        self.workloads = workloads
    }
}

extension Heartbeat: Codable {
    enum CodingKeys: String, CodingKey {
        case timestamp, workloads, system, sequence, instance, host, goodbye
        case clientName = "client_name"
        case deployedVersion = "deployed_version"
        case deployedDigest = "deployed_digest"
        case apiPort = "api_port"
        case advertiseHost = "advertise_host"
        case bootID = "boot_id"
        case programVersion = "program_version"
    }

    /// Takes what it understands: only the name, the times and the frame can be wrong. A workload without a name is
    /// left out, and told of in `warnings`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        clientName = try container.decode(String.self, forKey: .clientName)
        timestamp = try container.decode(Timestamp.self, forKey: .timestamp)
        workloads = []
        var unnamed = 0
        if container.contains(.workloads), try !container.decodeNil(forKey: .workloads) {
            var list = try container.nestedUnkeyedContainer(forKey: .workloads)
            // One more than may be is read, so that the excess shows; more are not worth the time.
            while !list.isAtEnd, workloads.count + unnamed <= Self.mostWorkloads {
                if let workload = try list.decode(NamedWorkload.self).workload {
                    workloads.append(workload)
                } else {
                    unnamed += 1
                }
            }
        }
        deployedVersion = container.told(String.self, .deployedVersion, &warnings)
        deployedDigest = container.told(String.self, .deployedDigest, &warnings)
        system = container.part(.system, &warnings) { SystemMetrics(understood: $0, &$1) }
        apiPort = container.lenientWhole(.apiPort)
        if apiPort == nil { _ = container.told(Double.self, .apiPort, &warnings) }
        advertiseHost = container.told(String.self, .advertiseHost, &warnings)
        bootID = container.told(String.self, .bootID, &warnings)
        sequence = container.told(Int64.self, .sequence, &warnings)?.bounded
        instance = container.told(String.self, .instance, &warnings)
        programVersion = container.told(String.self, .programVersion, &warnings)
        host = container.part(.host, &warnings) { HostInfo(understood: $0, &$1) }
        goodbye = container.told(Bool.self, .goodbye, &warnings)
        if unnamed > 0 { warnings.append("a workload without a name is left out") }
    }
}

/// A workload of a report; nil where there is no name to it.
private struct NamedWorkload: Decodable {
    var workload: Workload?

    init(from decoder: any Decoder) throws {
        let container = try? decoder.container(keyedBy: Workload.CodingKeys.self)
        guard container?.lenient(String.self, .name) != nil else { return }
        workload = try Workload(from: decoder)
    }
}

extension KeyedDecodingContainer<Heartbeat.CodingKeys> {
    /// What of a part is understood; nil where it is not there, or nothing of it is.
    fileprivate func part<Part, PartKey: CodingKey>(
        _ key: Key, _ warnings: inout [String], read: (KeyedDecodingContainer<PartKey>, inout [String]) -> Part?
    ) -> Part? {
        guard contains(key), (try? decodeNil(forKey: key)) != true else { return nil }
        guard let container = try? nestedContainer(keyedBy: PartKey.self, forKey: key) else {
            warnings.append("'\(key.stringValue)' is not what it should be, and is left out")
            return nil
        }
        return read(container, &warnings)
    }
}
