import CProcess
import FleetModel
import Glibc

/// How busy this host is, from /proc. CPU is over the time since the look before.
struct HostSampler: Sendable {
    private let diskPath: String
    private var busyBefore: (busy: UInt64, all: UInt64)?

    /// - Parameter diskPath: the file system whose space is told.
    init(diskPath: String) { self.diskPath = diskPath }

    /// Nil where /proc can't be read.
    mutating func metrics() -> SystemMetrics? {
        guard let stat = smallFile("/proc/stat"), let busy = Self.busy(stat),
            let info = smallFile("/proc/meminfo"), let (total, available) = Self.memory(info)
        else { return nil }
        var percent = 0.0
        // The first look is over all of the time since boot.
        let before = busyBefore ?? (0, 0)
        if busy.all > before.all, busy.busy >= before.busy {
            percent = Double(busy.busy - before.busy) / Double(busy.all - before.all) * 100
        }
        busyBefore = busy
        var diskTotal: UInt64 = 0
        var diskAvailable: UInt64 = 0
        _ = mcp_disk(diskPath, &diskTotal, &diskAvailable)
        return SystemMetrics(
            cpuPercent: tenths(percent), memoryUsedMB: tenths(Double(total - min(available, total)) / 1024),
            memoryTotalMB: tenths(Double(total) / 1024),
            diskUsedGB: tenths(Double(diskTotal - min(diskAvailable, diskTotal)) / 1_073_741_824),
            diskTotalGB: tenths(Double(diskTotal) / 1_073_741_824))
    }

    static func busy(_ stat: String) -> (busy: UInt64, all: UInt64)? {
        guard let line = stat.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
        // user nice system idle iowait irq softirq steal; guest time is in user already.
        let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
        guard ticks.count >= 4 else { return nil }
        let all = ticks.reduce(0, &+)
        let idle = ticks[3] &+ (ticks.count > 4 ? ticks[4] : 0)
        return (all - min(idle, all), all)
    }

    /// KiB.
    static func memory(_ info: String) -> (total: UInt64, available: UInt64)? {
        var values: [Substring: UInt64] = [:]
        for line in info.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            if words.count >= 2 { values[words[0]] = UInt64(words[1]) }
        }
        guard let total = values["MemTotal"], let available = values["MemAvailable"] ?? values["MemFree"] else {
            return nil
        }
        return (total, available)
    }
}

/// What this host is.
package enum HostDescription {
    package static func now() -> HostInfo {
        var names = utsname()
        uname(&names)
        let uptime = smallFile("/proc/uptime")?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        let load = smallFile("/proc/loadavg")?.split(separator: " ").prefix(3).compactMap { Double($0) } ?? []
        return HostInfo(
            hostname: text(of: names.nodename), os: prettyName() ?? text(of: names.sysname),
            architecture: text(of: names.machine), uptimeSeconds: uptime, load: load)
    }

    /// Changes with each boot.
    package static func bootID() -> String {
        smallFile("/proc/sys/kernel/random/boot_id").map { String($0.prefix { !$0.isNewline }) } ?? ""
    }

    private static func prettyName() -> String? {
        smallFile("/etc/os-release")?.split(separator: "\n")
            .first { $0.hasPrefix("PRETTY_NAME=") }
            .map { $0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" } }
    }

    private static func text<T>(of tuple: T) -> String {
        withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
