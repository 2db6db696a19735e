import FleetModel
import NIOCore

/// Reads a heartbeat in a fifth of the time that a general decoder takes: a thousand clients report all the time.
///
/// It gives either what `JSONDecoder` would give, or nil: for a report that is wrong, and for one that is merely
/// unusual. Then the general decoder has the word.
enum HeartbeatReader {
    static func read(_ text: ByteBuffer) -> Heartbeat? {
        text.withUnsafeReadableBytes { bytes in
            var cursor = JSONCursor(bytes.bindMemory(to: UInt8.self))
            guard let heartbeat = heartbeat(&cursor), cursor.isAtEnd() else { return nil }
            return heartbeat
        }
    }

    private static func heartbeat(_ cursor: inout JSONCursor) -> Heartbeat? {
        var heartbeat = Heartbeat(clientName: "", timestamp: Timestamp(milliseconds: 0), workloads: [])
        var seen = SeenKeys()
        let isRead = cursor.object { cursor, key in
            switch key {
            case "client_name": seen.first(0) && set(cursor.string()) { heartbeat.clientName = $0 }
            case "timestamp": seen.first(1) && set(time(&cursor)) { heartbeat.timestamp = $0 }
            case "workloads": seen.first(2) && set(workloads(&cursor)) { heartbeat.workloads = $0 }
            case "deployed_version":
                seen.first(3) && orNull(&cursor, { $0.string() }) { heartbeat.deployedVersion = $0 }
            case "system": seen.first(4) && orNull(&cursor, system) { heartbeat.system = $0 }
            case "api_port": seen.first(5) && orNull(&cursor, integer) { heartbeat.apiPort = $0 }
            case "advertise_host": seen.first(6) && orNull(&cursor, { $0.string() }) { heartbeat.advertiseHost = $0 }
            case "boot_id": seen.first(7) && orNull(&cursor, { $0.string() }) { heartbeat.bootID = $0 }
            case "sequence": seen.first(8) && orNull(&cursor, { $0.integer()?.bounded }) { heartbeat.sequence = $0 }
            case "program_version":
                seen.first(9) && orNull(&cursor, { $0.string() }) { heartbeat.programVersion = $0 }
            case "host": seen.first(10) && orNull(&cursor, host) { heartbeat.host = $0 }
            case "deployed_digest":
                seen.first(12) && orNull(&cursor, { $0.string() }) { heartbeat.deployedDigest = $0 }
            case "goodbye": seen.first(11) && orNull(&cursor, { $0.bool() }) { heartbeat.goodbye = $0 }
            case "instance": seen.first(12) && orNull(&cursor, { $0.string() }) { heartbeat.instance = $0 }
            default: cursor.skip()
            }
        }
        return isRead && seen.hasAll(below: 3) ? heartbeat : nil
    }

    private static func workloads(_ cursor: inout JSONCursor) -> [Workload]? {
        var workloads: [Workload] = []
        let isRead = cursor.array { cursor in set(workload(&cursor)) { workloads.append($0) } }
        return isRead ? workloads : nil
    }

    private static func workload(_ cursor: inout JSONCursor) -> Workload? {
        var workload = Workload(name: "", type: .agent, runMode: .forever, status: .registered)
        var seen = SeenKeys()
        let isRead = cursor.object { cursor, key in
            switch key {
            case "name": seen.first(0) && set(cursor.string()) { workload.name = $0 }
            case "type": seen.first(1) && set(word(&cursor)) { workload.type = $0 }
            case "run_mode": seen.first(2) && set(word(&cursor)) { workload.runMode = $0 }
            case "status": seen.first(3) && set(word(&cursor)) { workload.status = $0 }
            case "run_count": seen.first(4) && set(integer(&cursor)) { workload.runCount = $0 }
            case "pid": seen.first(5) && orNull(&cursor, small) { workload.pid = $0 }
            case "last_started": seen.first(6) && orNull(&cursor, time) { workload.lastStarted = $0 }
            case "last_error": seen.first(7) && orNull(&cursor, { $0.string() }) { workload.lastError = $0 }
            case "version": seen.first(8) && orNull(&cursor, { $0.string() }) { workload.version = $0 }
            case "memory_limit_mb": seen.first(9) && orNull(&cursor, integer) { workload.memoryLimitMB = $0 }
            case "cpu_nice": seen.first(10) && orNull(&cursor, integer) { workload.cpuNice = $0 }
            case "last_stopped": seen.first(11) && orNull(&cursor, time) { workload.lastStopped = $0 }
            case "last_exit_code": seen.first(12) && orNull(&cursor, small) { workload.lastExitCode = $0 }
            case "last_signal": seen.first(13) && orNull(&cursor, { $0.string() }) { workload.lastSignal = $0 }
            case "restarts": seen.first(14) && orNull(&cursor, integer) { workload.restarts = $0 }
            case "next_run": seen.first(15) && orNull(&cursor, time) { workload.nextRun = $0 }
            case "rss_mb": seen.first(16) && orNull(&cursor, { $0.number() }) { workload.rssMB = $0 }
            case "cpu_percent": seen.first(17) && orNull(&cursor, { $0.number() }) { workload.cpuPercent = $0 }
            case "uptime_seconds": seen.first(18) && orNull(&cursor, { $0.number() }) { workload.uptimeSeconds = $0 }
            case "release": seen.first(19) && orNull(&cursor, { $0.string() }) { workload.release = $0 }
            case "ready": seen.first(20) && orNull(&cursor, { $0.bool() }) { workload.ready = $0 }
            default: cursor.skip()
            }
        }
        return isRead && seen.hasAll(below: 5) ? workload : nil
    }

    private static func system(_ cursor: inout JSONCursor) -> SystemMetrics? {
        var system = SystemMetrics(cpuPercent: 0, memoryUsedMB: 0, memoryTotalMB: 0, diskUsedGB: 0, diskTotalGB: 0)
        var seen = SeenKeys()
        let isRead = cursor.object { cursor, key in
            switch key {
            case "cpu_percent": seen.first(0) && set(cursor.number()) { system.cpuPercent = $0 }
            case "memory_used_mb": seen.first(1) && set(cursor.number()) { system.memoryUsedMB = $0 }
            case "memory_total_mb": seen.first(2) && set(cursor.number()) { system.memoryTotalMB = $0 }
            case "disk_used_gb": seen.first(3) && set(cursor.number()) { system.diskUsedGB = $0 }
            case "disk_total_gb": seen.first(4) && set(cursor.number()) { system.diskTotalGB = $0 }
            default: cursor.skip()
            }
        }
        return isRead && seen.hasAll(below: 5) ? system : nil
    }

    private static func host(_ cursor: inout JSONCursor) -> HostInfo? {
        var host = HostInfo(hostname: "", os: "", architecture: "", uptimeSeconds: 0, load: [])
        var seen = SeenKeys()
        let isRead = cursor.object { cursor, key in
            switch key {
            case "hostname": seen.first(0) && set(cursor.string()) { host.hostname = $0 }
            case "os": seen.first(1) && set(cursor.string()) { host.os = $0 }
            case "architecture": seen.first(2) && set(cursor.string()) { host.architecture = $0 }
            case "uptime_seconds": seen.first(3) && set(cursor.number()) { host.uptimeSeconds = $0 }
            case "load": seen.first(4) && cursor.array { cursor in set(cursor.number()) { host.load.append($0) } }
            default: cursor.skip()
            }
        }
        return isRead && seen.hasAll(below: 5) ? host : nil
    }

    // MARK: - Values

    private static func set<Value>(_ value: Value?, _ assign: (Value) -> Void) -> Bool {
        guard let value else { return false }
        assign(value)
        return true
    }

    private static func orNull<Value>(
        _ cursor: inout JSONCursor, _ read: (inout JSONCursor) -> Value?, _ assign: (Value) -> Void
    ) -> Bool {
        cursor.null() || set(read(&cursor), assign)
    }

    private static func integer(_ cursor: inout JSONCursor) -> Int? {
        cursor.integer().map { Int(clamping: $0).bounded }
    }
    private static func small(_ cursor: inout JSONCursor) -> Int32? { cursor.integer().flatMap(Int32.init(exactly:)) }

    private static func time(_ cursor: inout JSONCursor) -> Timestamp? {
        cursor.plainString().flatMap { Timestamp(String(decoding: $0, as: UTF8.self)) }
    }

    private static func word<Word: RawRepresentable>(_ cursor: inout JSONCursor) -> Word?
    where Word.RawValue == String {
        cursor.plainString().flatMap { Word(rawValue: String(decoding: $0, as: UTF8.self)) }
    }
}

/// Which keys of an object were there: one that comes twice is no case for us, and some must not be missing.
private struct SeenKeys {
    private var bits: UInt32 = 0

    mutating func first(_ key: UInt32) -> Bool {
        defer { bits |= 1 << key }
        return bits & (1 << key) == 0
    }

    func hasAll(below count: UInt32) -> Bool { bits & ((1 << count) - 1) == (1 << count) - 1 }
}
