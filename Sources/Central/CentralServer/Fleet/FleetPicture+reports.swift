import FleetModel

/// What comes from clients: reports, answers, and silence.
extension FleetPicture {
    @discardableResult
    package mutating func receive(_ client: KnownClient, at now: CentralMoment) -> Reception {
        let name = client.heartbeat.clientName
        var lives = entries[name]?.lives ?? ReportingLives()
        let hearing = lives.hear(client, at: now.monotonic, patience: patience)
        if hearing != .news, entries[name] != nil { return noteLife(of: client, lives, hearing, at: now) }
        let status = staleness.status(
            seenAt: now.monotonic, goodbye: client.heartbeat.goodbye == true, now: now.monotonic)
        var reception = Reception(isTaken: true)
        var known: [Workload] = []
        let before = entries[name]
        var client = client
        entries[name]?.learnt.complete(&client.heartbeat.workloads, at: now.monotonic)
        let learnt = entries[name]?.learnt ?? LearntWorkloads()
        let count = client.heartbeat.workloads.count
        let part: ReportRoom.Part
        (client, part) = fit(client, before: before?.part)
        reception.leftOut = count - client.heartbeat.workloads.count
        var entry: Entry
        if let before {
            entry = before
            known = before.owedSince ?? before.client.heartbeat.workloads
            entry.client = client
            entry.seenAt = now.monotonic
            entry.fragment = nil
            entry.shownStatus = status
        } else {
            if inventoryByName[name] == nil { names = nil }
            entry = Entry(client: client, seenAt: now.monotonic, shownStatus: status)
        }
        entry.part = part
        entry.learnt = learnt
        reception.clones = entry.use(lives)
        if entry.budget.consume(at: now.monotonic) {
            reception.changes = Self.changes(of: name, from: known, to: client.heartbeat.workloads)
            entry.owedSince = nil
            owed.remove(name)
        } else {
            entry.owedSince = known
            owed.insert(name)
        }
        entries[name] = entry
        changed.insert(name)
        return reception
    }

    /// A report that says nothing new of its client but that it, or another of its name, is alive.
    private mutating func noteLife(
        of client: KnownClient, _ lives: ReportingLives, _ hearing: ReportingLives.Hearing, at now: CentralMoment
    ) -> Reception {
        let name = client.heartbeat.clientName
        var reception = Reception(isTaken: false)
        guard var entry = entries[name] else { return reception }
        reception.clones = entry.use(lives)
        entry.fragment = nil
        if hearing == .old {
            entry.seenAt = now.monotonic
            entry.client.lastSeen = client.lastSeen
        }
        if entry.budget.consume(at: now.monotonic) || reception.clones != nil { reception.changes = [.client(name)] }
        entries[name] = entry
        return reception
    }

    /// Seconds of silence after which a daemon that shares its name has gone.
    private var patience: Double { 2 * staleness.threshold }

    /// Takes what a client's daemon has answered when it was asked.
    ///
    /// - Parameters:
    ///   - all: there are no others.
    ///   - release: in use; nil where that was not asked.
    mutating func learn(
        _ workloads: [Workload], all: Bool, release: ReleaseInUse?, of name: String, at now: CentralMoment
    ) -> [FleetChange] {
        guard var entry = entries[name] else { return [] }
        let before = entry.client.heartbeat.workloads
        entry.learnt.learn(workloads, all: all, before: before, at: now.monotonic)
        var after = all ? workloads : before
        if !all {
            for workload in workloads {
                if let index = after.firstIndex(where: { $0.name == workload.name }) { after[index] = workload }
            }
        }
        if let release {
            entry.client.heartbeat.deployedVersion = release.version
            entry.client.heartbeat.deployedDigest = release.digest
        }
        entry.client.heartbeat.workloads = after
        entry.fragment = nil
        entries[name] = entry
        return Self.changes(of: name, from: before, to: after)
    }

    /// What readers must be told although nothing was reported: that clients fell silent, and what was held back.
    package mutating func tick(at now: CentralMoment) -> [FleetChange] {
        var changes: [FleetChange] = []
        for name in owed {
            guard let entry = entries[name], let known = entry.owedSince else { continue }
            entries[name]?.owedSince = nil
            changes += Self.changes(of: name, from: known, to: entry.client.heartbeat.workloads)
        }
        owed = []
        var silent: [(String, ClientStatus)] = []
        for (name, entry) in entries {
            let status = staleness.status(
                seenAt: entry.seenAt, goodbye: entry.client.heartbeat.goodbye == true, now: now.monotonic)
            if status != entry.shownStatus || endSharing(name, at: now) { silent.append((name, status)) }
        }
        for (name, status) in silent.sorted(by: { $0.0 < $1.0 }) {
            entries[name]?.shownStatus = status
            changes.append(.client(name))
        }
        return changes
    }

    /// - Returns: true where one of those that shared the name has gone.
    private mutating func endSharing(_ name: String, at now: CentralMoment) -> Bool {
        guard var entry = entries[name], !entry.shownClones.isEmpty else { return false }
        var lives = entry.lives
        lives.expire(at: now.monotonic, patience: patience)
        let before = entry.shownClones.count
        _ = entry.use(lives)
        guard entry.shownClones.count != before else { return false }
        entry.fragment = nil
        entries[name] = entry
        return true
    }

    private static func changes(of name: String, from old: [Workload], to new: [Workload]) -> [FleetChange] {
        let difference = WorkloadDifference(from: old, to: new)
        return [.client(name)] + difference.changed.map { .workload(client: name, $0) }
            + difference.removed.map { .workloadRemoved(client: name, $0) }
    }
}

extension FleetPicture.Entry {
    /// - Returns: those who share the name, where that begins or ends.
    mutating func use(_ lives: ReportingLives) -> [ClientClone]? {
        self.lives = lives
        let wasShared = !shownClones.isEmpty
        shownClones = lives.clones
        return wasShared == shownClones.isEmpty ? shownClones : nil
    }
}
