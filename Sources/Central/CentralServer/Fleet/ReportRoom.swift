import FleetModel
import FoundationEssentials
import NIOCore

/// How much of the reports of all clients is kept: one budget in bytes, whoever reports what. Pure.
///
/// Most of it is shared out as room of one's own: each client of the inventory has its part before anybody else comes,
/// each other one an equal part of the rest, which is smaller the more there are. What a report has beyond that comes
/// out of one room for all, where those who want some of it have equal parts too. So a few large hosts are shown whole,
/// and however many say as much as they can, nobody is left without, and the memory does not grow: those who have more
/// than their part are cut to it when somebody who has less needs it.
struct ReportRoom: Hashable, Sendable {
    /// Most room of its own that a client has, in bytes as `weight` counts them: a host with a hundred workloads needs
    /// less.
    static let each = 128 << 10
    /// Of all together, as room of their own.
    static let own = 144 << 20
    /// Of this, for the clients of the inventory, as far as there are any.
    static let ofInventory = 96 << 20
    /// Of all together, beyond that.
    static let together = 48 << 20
    /// What is kept of a report, as it was counted when it came.
    struct Part: Hashable, Sendable {
        /// Of the client's own room.
        var mine: Int
        /// Of the room for all.
        var beyond: Int
        var isListed: Bool
        /// Of the room for all, if there were enough.
        var wanted: Int

        var weight: Int { mine + beyond }

        /// Where whole workloads were left out, a little less than there was room for.
        func holding(_ weight: Int) -> Part {
            var part = self
            part.mine = min(mine, weight)
            part.beyond = max(0, weight - mine)
            return part
        }
    }

    /// Clients in the inventory.
    private let listed: Int
    /// Of those that report and are not in it.
    private var strangers = 0
    private var bytesOfStrangers = 0
    /// Those who want more than their own, and what they want together.
    private var large = 0
    private var wanted = 0
    private var bytesBeyond = 0
    /// Of all that is kept.
    private(set) var used = 0

    init(listed: Int) { self.listed = listed }

    /// What a report costs: its text, until it is stored and again in each snapshot, and its workloads.
    static func weight(_ client: KnownClient) -> Int {
        client.text.readableBytes + client.heartbeat.workloads.count * MemoryLayout<Workload>.stride
    }

    private var ofEachListed: Int { min(Self.each, Self.ofInventory / max(1, listed)) }
    private var ofStrangers: Int { Self.own - listed * ofEachListed }

    /// - Parameter before: what is kept of the client's last report, whose place this one takes.
    /// - Returns: how much of it may be kept, and whether others must be cut first to have room for that.
    func part(for weight: Int, isListed: Bool, before: Part?) -> (part: Part, mustCut: Bool) {
        let isNew = before.map { $0.isListed } ?? true
        let own = isListed ? ofEachListed : min(Self.each, ofStrangers / max(1, strangers + (isNew ? 1 : 0)))
        let mine = min(weight, own)
        let wish = weight - mine
        let isMore = wish > 0 && (before?.wanted ?? 0) == 0
        let isEnough = wanted - (before?.wanted ?? 0) + wish <= Self.together
        let beyond = isEnough ? wish : min(wish, Self.together / max(1, large + (isMore ? 1 : 0)))
        let isFull = bytesBeyond - (before?.beyond ?? 0) + beyond > Self.together
        let known = before.map { $0.isListed ? 0 : $0.mine } ?? 0
        let isCrowded = !isListed && bytesOfStrangers - known + mine > ofStrangers
        return (Part(mine: mine, beyond: beyond, isListed: isListed, wanted: wish), isCrowded || isFull)
    }

    /// What another one keeps where somebody needs room, whose report is not counted yet.
    func cut(_ part: Part) -> Part {
        // A quarter less than would do, so that not each newcomer has all others looked at.
        func most(_ bytes: Int, of count: Int) -> Int { bytes / (count + 1) / 4 * 3 }
        var part = part
        if !part.isListed { part.mine = min(part.mine, most(ofStrangers, of: strangers)) }
        part.beyond = min(part.beyond, most(Self.together, of: large))
        return part
    }

    mutating func replace(_ before: Part?, by after: Part?) {
        count(before, -1)
        count(after, 1)
    }

    private mutating func count(_ part: Part?, _ sign: Int) {
        guard let part else { return }
        used += sign * part.weight
        bytesBeyond += sign * part.beyond
        if part.wanted > 0 { large += sign }
        wanted += sign * part.wanted
        guard !part.isListed else { return }
        strangers += sign
        bytesOfStrangers += sign * part.mine
    }
}

extension KnownClient {
    /// As much of it as has room: whole workloads, in the order they were reported.
    func cut(to bytes: Int) -> KnownClient {
        var cut = self
        cut.heartbeat.workloads = []
        // Its texts may be long.
        if bytes < 8 << 10 { cut.heartbeat.host = nil }
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
