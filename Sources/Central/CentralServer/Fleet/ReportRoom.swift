import FleetModel
import FoundationEssentials
import NIOCore

/// How much of the reports of all clients together is kept. Pure.
///
/// Each client has room of its own, more than a host with a hundred workloads needs, and it is nobody else's. What goes
/// beyond comes out of one room for all, so that a few large hosts are shown whole, and many that say as much as they can
/// don't fill the memory: theirs is cut to what is there.
struct ReportRoom: Sendable {
    /// Of each client, in bytes as `weight` counts them.
    static let each = 128 << 10
    /// Of all together, beyond that.
    static let together = 48 << 20

    private(set) var used = 0

    /// What a report costs: its text, until it is stored and again in each snapshot, and its workloads.
    static func weight(_ client: KnownClient) -> Int {
        client.text.readableBytes + client.heartbeat.workloads.count * MemoryLayout<Workload>.stride
    }

    /// - Parameter before: the weight of the client's last report, whose place this one takes; 0 for none.
    /// - Returns: how much of it may be kept.
    func allowed(_ weight: Int, before: Int) -> Int {
        min(weight, Self.each + max(0, Self.together - used + Self.large(before)))
    }

    mutating func replace(_ before: Int, by after: Int) { used += Self.large(after) - Self.large(before) }

    private static func large(_ weight: Int) -> Int { max(0, weight - each) }
}

extension KnownClient {
    /// As much of it as has room: whole workloads, in the order they were reported.
    func cut(to bytes: Int) -> KnownClient {
        var cut = self
        cut.heartbeat.workloads = []
        // Names of fields, numbers and times; each is written twice, as text and as a value.
        let fixed = 700 + MemoryLayout<Workload>.stride
        var left = bytes - 2048
        for workload in heartbeat.workloads {
            let texts = [
                workload.name, workload.lastError, workload.version, workload.lastSignal, workload.release,
                workload.unknownText,
            ]
            // In JSON a byte may become six, as in `\u0000`.
            left -= fixed + texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) * 6 }
            guard left >= 0 else { break }
            cut.heartbeat.workloads.append(workload)
        }
        cut.text = ByteBuffer(bytes: (try? JSONEncoder().encode(cut.heartbeat)) ?? Data())
        return cut
    }
}
