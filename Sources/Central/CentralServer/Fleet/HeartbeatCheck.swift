import FleetModel

/// What a report may say. A client that says more is told so, and nothing of it is kept.
package enum HeartbeatCheck {
    package static let mostWorkloads = 5000
    package static let longestText = 4096

    /// - Returns: what is wrong, as a sentence; nil where nothing is.
    package static func problem(of heartbeat: Heartbeat) -> String? {
        guard Identifier.isName(heartbeat.clientName) else { return "'client_name' must be \(Identifier.nameRule)" }
        if let port = heartbeat.apiPort, !(1...65535).contains(port) { return "'api_port' must be from 1 to 65535" }
        if let host = heartbeat.advertiseHost, !isHost(host) {
            return "'advertise_host' must be a host name or an address"
        }
        if let version = heartbeat.deployedVersion, version.utf8.count > 64 { return "'deployed_version' is too long" }
        if let boot = heartbeat.bootID, boot.utf8.count > 128 { return "'boot_id' is too long" }
        if let host = heartbeat.host {
            guard [host.hostname, host.os, host.architecture].allSatisfy({ $0.utf8.count <= 256 }), host.load.count <= 8
            else { return "a value in 'host' is too long" }
        }
        if let version = heartbeat.programVersion, version.utf8.count > 64 { return "'program_version' is too long" }
        guard heartbeat.workloads.count <= mostWorkloads else {
            return "there are more than \(mostWorkloads) workloads"
        }
        var names = Set<String>()
        for workload in heartbeat.workloads {
            guard Identifier.isName(workload.name) else {
                return "the name of a workload must be \(Identifier.nameRule)"
            }
            guard names.insert(workload.name).inserted else { return "workload '\(workload.name)' is there twice" }
            for text in [workload.lastError, workload.version, workload.lastSignal] {
                if let text, text.utf8.count > longestText {
                    return "a text of workload '\(workload.name)' is longer than \(longestText) bytes"
                }
            }
        }
        if let system = heartbeat.system {
            let numbers = [
                system.cpuPercent, system.memoryUsedMB, system.memoryTotalMB, system.diskUsedGB, system.diskTotalGB,
            ]
            guard numbers.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e12 }) else {
                return "a number in 'system' is out of range"
            }
        }
        return nil
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
