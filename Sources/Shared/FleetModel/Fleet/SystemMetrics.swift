/// How busy a host is. Sizes are in MiB and GiB, `cpuPercent` is of all cores together.
package struct SystemMetrics: Codable, Hashable, Sendable {
    package var cpuPercent: Double
    package var memoryUsedMB: Double
    package var memoryTotalMB: Double
    package var diskUsedGB: Double
    package var diskTotalGB: Double

    package init(
        cpuPercent: Double, memoryUsedMB: Double, memoryTotalMB: Double, diskUsedGB: Double, diskTotalGB: Double
    ) {
        self.cpuPercent = cpuPercent
        self.memoryUsedMB = memoryUsedMB
        self.memoryTotalMB = memoryTotalMB
        self.diskUsedGB = diskUsedGB
        self.diskTotalGB = diskTotalGB
    }

    enum CodingKeys: String, CodingKey {
        case cpuPercent = "cpu_percent"
        case memoryUsedMB = "memory_used_mb"
        case memoryTotalMB = "memory_total_mb"
        case diskUsedGB = "disk_used_gb"
        case diskTotalGB = "disk_total_gb"
    }
}

/// What a host is.
package struct HostInfo: Codable, Hashable, Sendable {
    package var hostname: String
    /// As `PRETTY_NAME` of os-release says it.
    package var os: String
    package var architecture: String
    package var uptimeSeconds: Double
    /// Load averages over 1, 5 and 15 minutes.
    package var load: [Double]

    package init(hostname: String, os: String, architecture: String, uptimeSeconds: Double, load: [Double]) {
        self.hostname = hostname
        self.os = os
        self.architecture = architecture
        self.uptimeSeconds = uptimeSeconds
        self.load = load
    }

    enum CodingKeys: String, CodingKey {
        case hostname, os, architecture, load
        case uptimeSeconds = "uptime_seconds"
    }
}

extension SystemMetrics {
    /// Of a report: a field that makes no sense is 0 and told of, the others stay. Nil where none makes sense.
    init?(understood container: KeyedDecodingContainer<CodingKeys>, _ warnings: inout [String]) {
        var isAny = false
        func read(_ key: CodingKeys) -> Double {
            let value = container.needed(Double.self, key, of: "system", &warnings)
            isAny = isAny || value != nil
            return value ?? 0
        }
        self.init(
            cpuPercent: read(.cpuPercent), memoryUsedMB: read(.memoryUsedMB), memoryTotalMB: read(.memoryTotalMB),
            diskUsedGB: read(.diskUsedGB), diskTotalGB: read(.diskTotalGB))
        if !isAny { return nil }
    }
}

extension HostInfo {
    /// As `SystemMetrics` of a report; a text that makes no sense is empty.
    init?(understood container: KeyedDecodingContainer<CodingKeys>, _ warnings: inout [String]) {
        var isAny = false
        func read<Value: Decodable>(_ type: Value.Type, _ key: CodingKeys) -> Value? {
            let value = container.needed(type, key, of: "host", &warnings)
            isAny = isAny || value != nil
            return value
        }
        self.init(
            hostname: read(String.self, .hostname) ?? "", os: read(String.self, .os) ?? "",
            architecture: read(String.self, .architecture) ?? "",
            uptimeSeconds: read(Double.self, .uptimeSeconds) ?? 0, load: read([Double].self, .load) ?? [])
        if !isAny { return nil }
    }
}
