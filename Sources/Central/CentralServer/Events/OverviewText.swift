import FleetHTTP
import FleetModel
import NIOCore

/// The JSON of a client's overview. All but its status changes with a report only, and is therefore kept; the status
/// comes last.
enum OverviewText {
    struct Fragment: Sendable {
        private let text: ByteBuffer

        init(_ overview: ClientOverview) {
            var text = ByteBuffer()
            text.reserveCapacity(640)
            text.writeStaticString(#"{"name":"#)
            text.writeJSON(overview.name)
            text.writeStaticString(#","host":"#)
            text.writeJSON(overview.host) { $0.writeJSON($1) }
            text.writeStaticString(#","api_port":"#)
            text.writeJSON(overview.apiPort) { $0.writeJSON($1) }
            text.writeStaticString(#","last_seen":"#)
            text.writeJSON(overview.lastSeen) { $0.writeJSON($1) }
            text.writeStaticString(#","workload_count":"#)
            text.writeJSON(overview.workloadCount)
            text.writeStaticString(#","workloads_running":"#)
            text.writeJSON(overview.workloadsRunning)
            text.writeStaticString(#","workloads_failed":"#)
            text.writeJSON(overview.workloadsFailed)
            text.writeStaticString(#","deployed_version":"#)
            text.writeJSON(overview.deployedVersion) { $0.writeJSON($1) }
            text.writeStaticString(#","deployed_digest":"#)
            text.writeJSON(overview.deployedDigest) { $0.writeJSON($1) }
            text.writeStaticString(#","system":"#)
            text.writeJSON(overview.system) { OverviewText.write($1, into: &$0) }
            text.writeStaticString(#","tags":"#)
            text.writeJSONArray(overview.tags) { $0.writeJSON($1) }
            text.writeStaticString(#","program_version":"#)
            text.writeJSON(overview.programVersion) { $0.writeJSON($1) }
            text.writeStaticString(#","clock_skew_seconds":"#)
            text.writeJSON(overview.clockSkewSeconds) { $0.writeJSON($1) }
            text.writeStaticString(#","host_info":"#)
            text.writeJSON(overview.hostInfo) { OverviewText.write($1, into: &$0) }
            text.writeStaticString(#","clones":"#)
            text.writeJSONArray(overview.clones ?? []) { OverviewText.write($1, into: &$0) }
            text.writeStaticString(#","status":""#)
            self.text = text
        }

        func write(status: ClientStatus, into buffer: inout ByteBuffer) {
            buffer.writeImmutableBuffer(text)
            buffer.writeString(status.rawValue)
            buffer.writeStaticString(#""}"#)
        }

        /// With one more key, `workloads`.
        func write(status: ClientStatus, workloads: [Workload], into buffer: inout ByteBuffer) {
            buffer.writeImmutableBuffer(text)
            buffer.writeString(status.rawValue)
            buffer.writeStaticString(#"","workloads":"#)
            buffer.writeJSONArray(workloads) { $0.writeJSON($1) }
            buffer.writeStaticString("}")
        }
    }

    private static func write(_ clone: ClientClone, into text: inout ByteBuffer) {
        text.writeStaticString(#"{"address":"#)
        text.writeJSON(clone.address) { $0.writeJSON($1) }
        text.writeStaticString(#","boot_id":"#)
        text.writeJSON(clone.bootID) { $0.writeJSON($1) }
        text.writeStaticString(#","instance":"#)
        text.writeJSON(clone.instance) { $0.writeJSON($1) }
        text.writeStaticString(#","hostname":"#)
        text.writeJSON(clone.hostname) { $0.writeJSON($1) }
        text.writeStaticString(#","last_seen":"#)
        text.writeJSON(clone.lastSeen)
        text.writeStaticString("}")
    }

    private static func write(_ system: SystemMetrics, into text: inout ByteBuffer) {
        text.writeStaticString(#"{"cpu_percent":"#)
        text.writeJSON(system.cpuPercent)
        text.writeStaticString(#","memory_used_mb":"#)
        text.writeJSON(system.memoryUsedMB)
        text.writeStaticString(#","memory_total_mb":"#)
        text.writeJSON(system.memoryTotalMB)
        text.writeStaticString(#","disk_used_gb":"#)
        text.writeJSON(system.diskUsedGB)
        text.writeStaticString(#","disk_total_gb":"#)
        text.writeJSON(system.diskTotalGB)
        text.writeStaticString("}")
    }

    private static func write(_ host: HostInfo, into text: inout ByteBuffer) {
        text.writeStaticString(#"{"hostname":"#)
        text.writeJSON(host.hostname)
        text.writeStaticString(#","os":"#)
        text.writeJSON(host.os)
        text.writeStaticString(#","architecture":"#)
        text.writeJSON(host.architecture)
        text.writeStaticString(#","uptime_seconds":"#)
        text.writeJSON(host.uptimeSeconds)
        text.writeStaticString(#","load":"#)
        text.writeJSONArray(host.load) { $0.writeJSON($1) }
        text.writeStaticString("}")
    }
}
