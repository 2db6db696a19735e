import CProcess
import Glibc

/// What all processes of a workload use together.
package struct ProcessUsage: Hashable, Sendable {
    /// Resident, MiB. Pages that they share count for each.
    package var rssMB: Double
    /// Of one core, since the look before; nil at the first.
    package var cpuPercent: Double?
}

/// Adds up the process trees of workloads in one walk over /proc.
struct ProcessSampler: Sendable {
    struct Target: Hashable, Sendable {
        var name: String
        var leader: Int32
        /// Its orphans are this one's children; nil where only the leader's own descendants are known.
        var keeper: Int32?
    }

    private struct Look {
        var leader: Int32
        var ticks: UInt64
        var at: Double
    }

    private var looks: [String: Look] = [:]
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    private static let pageMB = Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576

    /// - Parameter now: monotonic seconds.
    mutating func sample(_ targets: [Target], at now: Double) -> [String: ProcessUsage] {
        guard !targets.isEmpty else {
            looks = [:]
            return [:]
        }
        let processes = Self.processes()
        let owner = Self.owners(of: processes, targets: targets)
        var ticks = [UInt64](repeating: 0, count: targets.count)
        var pages = [UInt64](repeating: 0, count: targets.count)
        for process in processes {
            guard let index = owner[process.pid] else { continue }
            ticks[index] += process.cpu_ticks
            pages[index] += process.rss_pages
        }
        var usage: [String: ProcessUsage] = [:]
        var newLooks: [String: Look] = [:]
        for (index, target) in targets.enumerated() where pages[index] > 0 {
            var percent: Double?
            if let before = looks[target.name], before.leader == target.leader, now > before.at {
                let used = Double(ticks[index] > before.ticks ? ticks[index] - before.ticks : 0)
                percent = used / Self.ticksPerSecond / (now - before.at) * 100
            }
            usage[target.name] = ProcessUsage(rssMB: Double(pages[index]) * Self.pageMB, cpuPercent: percent)
            newLooks[target.name] = Look(leader: target.leader, ticks: ticks[index], at: now)
        }
        looks = newLooks
        return usage
    }

    /// Which target each process belongs to, by pid.
    private static func owners(of processes: [mcp_process_info], targets: [Target]) -> [Int32: Int] {
        var children: [Int32: [Int32]] = [:]
        for process in processes { children[process.parent, default: []].append(process.pid) }
        var owner: [Int32: Int] = [:]
        for (index, target) in targets.enumerated() {
            // The keeper itself is ours, not the workload's.
            var open = [target.leader] + (target.keeper.flatMap { children[$0] } ?? [])
            while let pid = open.popLast() {
                guard owner.updateValue(index, forKey: pid) == nil else { continue }
                open += children[pid] ?? []
            }
        }
        return owner
    }

    private static func processes() -> [mcp_process_info] {
        var room = 1024
        while true {
            var processes = [mcp_process_info](repeating: mcp_process_info(), count: room)
            let count = mcp_processes(&processes, room)
            guard count > room else { return Array(processes.prefix(count)) }
            room = count + 256
        }
    }
}
