import FleetModel

/// What a report may say. It is taken as far as it can be understood: texts that are too long are cut, numbers that
/// cannot be are not known, a workload that makes no sense is left out. Each is told of in `warnings`, so that whoever
/// looks after that client learns of it. Only a name that is none is refused.
package enum HeartbeatCheck {
    package static let mostWorkloads = Heartbeat.mostWorkloads
    package static let longestText = 4096
    static let mostWarnings = 20
    static let longestWarning = 300

    /// - Returns: why nothing of it is taken, as a sentence.
    package static func problem(of heartbeat: Heartbeat) -> String? {
        Identifier.isName(heartbeat.clientName) ? nil : "'client_name' must be \(Identifier.nameRule)"
    }

    /// Leaves in the report what makes sense.
    package static func tidy(_ heartbeat: inout Heartbeat) {
        var warnings = heartbeat.warnings
        if let port = heartbeat.apiPort, !(1...65535).contains(port) {
            heartbeat.apiPort = nil
            warnings.append("'api_port' must be from 1 to 65535")
        }
        // As it stands in a URL.
        if let host = heartbeat.advertiseHost, host.hasPrefix("["), host.hasSuffix("]") {
            heartbeat.advertiseHost = String(host.dropFirst().dropLast())
        }
        if let host = heartbeat.advertiseHost, !isHost(host) {
            heartbeat.advertiseHost = nil
            warnings.append("'advertise_host' must be a host name or an address")
        }
        cut(&heartbeat.deployedVersion, to: 64)
        if let digest = heartbeat.deployedDigest, !Digest.isText(digest) {
            heartbeat.deployedDigest = nil
            warnings.append("'deployed_digest' must be 64 hexadecimal digits")
        }
        cut(&heartbeat.bootID, to: 128)
        cut(&heartbeat.instance, to: 128)
        cut(&heartbeat.programVersion, to: 64)
        if heartbeat.host != nil { tidy(&heartbeat.host) }
        if heartbeat.system != nil { tidy(&heartbeat.system, &warnings) }
        tidy(&heartbeat.workloads, &warnings)
        if warnings.count > mostWarnings {
            warnings = warnings.prefix(mostWarnings) + ["and \(warnings.count - mostWarnings) more"]
        }
        // A warning of the reader quotes what a field says, which may be long.
        warnings = warnings.map { $0.cut(toBytes: longestWarning) }
        if warnings != heartbeat.warnings { heartbeat.warnings = warnings }
    }

    // MARK: - Parts

    private static func tidy(_ workloads: inout [Workload], _ warnings: inout [String]) {
        if workloads.count > mostWorkloads {
            workloads.removeLast(workloads.count - mostWorkloads)
            warnings.append("there are more than \(mostWorkloads) workloads")
        }
        var names = Set<String>(minimumCapacity: workloads.count)
        var leftOut: Set<Int> = []
        for index in workloads.indices {
            let name = workloads[index].name
            if !Identifier.isName(name) {
                leftOut.insert(index)
                warnings.append("workload '\(name.cut(toBytes: 64))' is left out: a name is \(Identifier.nameRule)")
            } else if !names.insert(name).inserted {
                leftOut.insert(index)
                warnings.append("workload '\(name)' is there twice; the first one counts")
            } else if isOdd(workloads[index]) {
                tidy(&workloads[index])
            }
        }
        if !leftOut.isEmpty {
            workloads = workloads.indices.filter { !leftOut.contains($0) }.map {
                workloads[$0]
            }
        }
    }

    /// Most workloads are not odd, and so are not copied.
    private static func isOdd(_ workload: Workload) -> Bool {
        func isLong(_ text: String?) -> Bool { (text?.utf8.count ?? 0) > longestText }
        func isNone(_ number: Double?) -> Bool { number.map { !($0 >= 0 && $0 < most) } ?? false }
        return isLong(workload.lastError) || isLong(workload.version) || isLong(workload.lastSignal)
            || isLong(workload.release) || isLong(workload.unknownText)
            || isNone(workload.rssMB) || isNone(workload.cpuPercent) || isNone(workload.uptimeSeconds)
            || (workload.pid ?? 1) <= 0 || workload.runCount < 0 || (workload.restarts ?? 0) < 0
            || (workload.memoryLimitMB ?? 0) < 0 || !(-20...19).contains(workload.cpuNice ?? 0)
    }

    private static func tidy(_ workload: inout Workload) {
        cut(&workload.lastError, to: longestText)
        cut(&workload.version, to: longestText)
        cut(&workload.lastSignal, to: longestText)
        cut(&workload.release, to: longestText)
        cut(&workload.unknownText, to: longestText)
        workload.rssMB = known(workload.rssMB)
        workload.cpuPercent = known(workload.cpuPercent)
        workload.uptimeSeconds = known(workload.uptimeSeconds)
        if let pid = workload.pid, pid <= 0 { workload.pid = nil }
        workload.runCount = max(0, workload.runCount)
        workload.restarts = workload.restarts.map { max(0, $0) }
        if let limit = workload.memoryLimitMB, limit < 0 { workload.memoryLimitMB = nil }
        if let nice = workload.cpuNice, !(-20...19).contains(nice) { workload.cpuNice = nil }
    }

    private static func tidy(_ host: inout HostInfo?) {
        guard var known = host else { return }
        known.hostname = known.hostname.cut(toBytes: 256)
        known.os = known.os.cut(toBytes: 256)
        known.architecture = known.architecture.cut(toBytes: 256)
        known.uptimeSeconds = self.known(known.uptimeSeconds) ?? 0
        if known.load.count > 8 { known.load = Array(known.load.prefix(8)) }
        if !known.load.allSatisfy({ $0 >= 0 && $0 < most }) { known.load = known.load.map { self.known($0) ?? 0 } }
        if known != host { host = known }
    }

    private static func tidy(_ system: inout SystemMetrics?, _ warnings: inout [String]) {
        guard var said = system else { return }
        let fields: [(WritableKeyPath<SystemMetrics, Double>, String)] = [
            (\.cpuPercent, "cpu_percent"), (\.memoryUsedMB, "memory_used_mb"), (\.memoryTotalMB, "memory_total_mb"),
            (\.diskUsedGB, "disk_used_gb"), (\.diskTotalGB, "disk_total_gb"),
        ]
        for (field, name) in fields {
            let value = said[keyPath: field]
            guard known(value) != value else { continue }
            warnings.append("'system.\(name)' cannot be \(value)")
            said[keyPath: field] = known(value) ?? 0
        }
        if said != system { system = said }
    }

    // MARK: - Values

    /// Beyond every size, time and percentage there is.
    private static let most = 1e12

    /// Nil for what is below nothing or no number; what is beyond everything is cut off there.
    private static func known(_ number: Double?) -> Double? {
        guard let number, number >= 0 else { return nil }
        return min(number, most)
    }

    private static func cut(_ text: inout String?, to bytes: Int) {
        if let long = text, long.utf8.count > bytes { text = long.cut(toBytes: bytes) }
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
