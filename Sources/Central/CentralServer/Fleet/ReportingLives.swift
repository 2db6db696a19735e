import FleetModel

/// Who reports under one name: one daemon, and after a restart or a reboot the next life of it. Where two of them go on
/// by turns, they are two hosts with one name. Pure; times are monotonic seconds.
///
/// A life is known by the id that the daemon gives itself (`instance`), of an older one by the boot of its host, of one
/// that names neither by its address. The numbers of its reports rise: one that stays behind is of another life, as two
/// daemons on one kernel have the same boot.
///
/// A life that has ended does not come back, but its last reports may come late, when the next one reports already. So
/// it takes more than one return to call two lives clones, and a life that was not heard for a while is over.
struct ReportingLives: Hashable, Sendable {
    /// So often each of two was heard again after the other, or one of them where the other is always another one.
    static let enough = (ofTwo: 2, ofOne: 4)
    /// Daemons that are restarted all the time are not kept without end.
    static let most = 8

    private enum Mark: Hashable, Sendable {
        case instance(String), boot(String), address(String?)

        init(_ client: KnownClient) {
            let heartbeat = client.heartbeat
            self = heartbeat.instance.map(Mark.instance) ?? heartbeat.bootID.map(Mark.boot) ?? .address(client.peer)
        }
    }

    private struct Life: Hashable, Sendable {
        var mark: Mark
        var sequence: Int64?
        /// When its last report was made, by its own clock.
        var timestamp: Timestamp
        var heardAt: Double
        /// How often it was heard again after another one.
        var returns = 0
        var clone: ClientClone

        /// Whether the report may be its next one, or its last one once more.
        func goesOn(with heartbeat: Heartbeat) -> Bool {
            guard let sequence, let next = heartbeat.sequence else { return true }
            return next > sequence || next == sequence && heartbeat.timestamp == timestamp
        }
    }

    /// In the order they were heard last.
    private var lives: [Life] = []
    private var isShared = false

    /// What a report is among those that came before it.
    enum Hearing: Hashable, Sendable {
        /// How the client is now.
        case news
        /// Of the life that is known, and overtaken by a newer report of it on the way.
        case old
        /// One of several went, and another one is there.
        case leavesOthers
    }

    /// - Parameter patience: seconds of silence after which a life is over.
    mutating func hear(_ client: KnownClient, at now: Double, patience: Double) -> Hearing {
        expire(at: now, patience: patience)
        let heartbeat = client.heartbeat
        let mark = Mark(client)
        let wasShared = isShared
        let isKnown = lives.contains { $0.mark == mark }
        let known = lives.indices.filter { lives[$0].mark == mark && lives[$0].goesOn(with: heartbeat) }
            .max { (lives[$0].sequence ?? .min, $0) < (lives[$1].sequence ?? .min, $1) }
        let isLast = known.map { $0 == lives.count - 1 } ?? false
        var life = Life(
            mark: mark, sequence: heartbeat.sequence, timestamp: heartbeat.timestamp, heardAt: now,
            clone: ClientClone(
                address: client.peer, bootID: heartbeat.bootID, instance: heartbeat.instance,
                hostname: heartbeat.host?.hostname, lastSeen: client.lastSeen))
        if let known {
            let before = lives.remove(at: known)
            life.returns = before.returns + (isLast ? 0 : 1)
            life.sequence = heartbeat.sequence ?? before.sequence
            life.clone.hostname = life.clone.hostname ?? before.clone.hostname
        }
        if heartbeat.goodbye == true {
            let isOneOfMany = !lives.isEmpty && (wasShared || known != nil && !isLast)
            if !isOneOfMany { lives.append(life) }
            settle()
            return isOneOfMany ? .leavesOthers : .news
        }
        lives.append(life)
        if lives.count > Self.most { lives.removeFirst() }
        isShared = isShared || isTold
        // A daemon that gives itself an id counts on in each of its reports: this one has been on the way for long.
        let isOld = heartbeat.instance != nil && known == nil && isKnown
        return isOld && !isShared ? .old : .news
    }

    /// Forgets who was silent for long.
    mutating func expire(at now: Double, patience: Double) {
        guard lives.count > 1 else { return }
        lives.removeAll { now - $0.heardAt > patience }
        settle()
    }

    /// What was late once does not count for ever.
    private mutating func settle() {
        guard lives.count < 2 else { return }
        isShared = false
        for index in lives.indices { lives[index].returns = 0 }
    }

    /// Those who go on by turns are the two that were heard last: one that has ended is not among them for long.
    private var isTold: Bool {
        let last = lives.suffix(2)
        return last.count == 2
            && (last.allSatisfy { $0.returns >= Self.enough.ofTwo }
                || last.contains { $0.returns >= Self.enough.ofOne })
    }

    /// Those who share the name, in an order that stays; empty where it is one host.
    var clones: [ClientClone] {
        guard isShared else { return [] }
        // Of those that were heard once, as a daemon is that is restarted again and again, the last one stands for all.
        let other = lives.last { $0.returns == 0 }
        return lives.filter { $0.returns > 0 || $0 == other }.map(\.clone).sorted {
            ($0.address ?? "", $0.bootID ?? "", $0.instance ?? "") < (
                $1.address ?? "", $1.bootID ?? "", $1.instance ?? ""
            )
        }
    }
}
