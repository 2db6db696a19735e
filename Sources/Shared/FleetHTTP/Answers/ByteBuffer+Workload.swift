import FleetModel
import NIOCore

extension ByteBuffer {
    /// The same JSON as `Workload.encode(to:)` gives.
    package mutating func writeJSON(_ workload: Workload) {
        writeStaticString(#"{"name":"#)
        writeJSON(workload.name)
        writeStaticString(#","type":""#)
        writeString(workload.type.rawValue)
        writeStaticString(#"","run_mode":""#)
        writeString(workload.runMode.rawValue)
        writeStaticString(#"","status":""#)
        writeString(workload.status.rawValue)
        writeStaticString(#"","pid":"#)
        writeJSON(workload.pid) { $0.writeJSON(Int($1)) }
        writeStaticString(#","run_count":"#)
        writeJSON(workload.runCount)
        writeStaticString(#","last_started":"#)
        writeJSON(workload.lastStarted) { $0.writeJSON($1) }
        writeStaticString(#","last_error":"#)
        writeJSON(workload.lastError) { $0.writeJSON($1) }
        writeStaticString(#","version":"#)
        writeJSON(workload.version) { $0.writeJSON($1) }
        writeStaticString(#","memory_limit_mb":"#)
        writeJSON(workload.memoryLimitMB) { $0.writeJSON($1) }
        writeStaticString(#","cpu_nice":"#)
        writeJSON(workload.cpuNice) { $0.writeJSON($1) }
        writeStaticString(#","last_stopped":"#)
        writeJSON(workload.lastStopped) { $0.writeJSON($1) }
        writeStaticString(#","last_exit_code":"#)
        writeJSON(workload.lastExitCode) { $0.writeJSON(Int($1)) }
        writeStaticString(#","last_signal":"#)
        writeJSON(workload.lastSignal) { $0.writeJSON($1) }
        writeStaticString(#","restarts":"#)
        writeJSON(workload.restarts) { $0.writeJSON($1) }
        writeStaticString(#","next_run":"#)
        writeJSON(workload.nextRun) { $0.writeJSON($1) }
        writeStaticString(#","rss_mb":"#)
        writeJSON(workload.rssMB) { $0.writeJSON($1) }
        writeStaticString(#","cpu_percent":"#)
        writeJSON(workload.cpuPercent) { $0.writeJSON($1) }
        writeStaticString(#","uptime_seconds":"#)
        writeJSON(workload.uptimeSeconds) { $0.writeJSON($1) }
        if let release = workload.release {
            writeStaticString(#","release":"#)
            writeJSON(release)
        }
        if let ready = workload.ready {
            writeStaticString(#","ready":"#)
            writeString(ready ? "true" : "false")
        }
        if let unknown = workload.unknownText {
            writeStaticString(#","unknown_text":"#)
            writeJSON(unknown)
        }
        writeStaticString("}")
    }

    /// A list of values, separated by commas, in brackets.
    package mutating func writeJSONArray<Value>(
        _ values: some Sequence<Value>, _ write: (inout ByteBuffer, Value) -> Void
    ) {
        writeStaticString("[")
        var isFirst = true
        for value in values {
            if !isFirst { writeStaticString(",") }
            isFirst = false
            write(&self, value)
        }
        writeStaticString("]")
    }
}
