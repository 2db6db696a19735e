import FleetModel

extension FleetPicture {
    /// As much of a report as there is room for, and where it is counted. Where it takes that, others are cut.
    mutating func fit(_ client: KnownClient, before: ReportRoom.Part?) -> (client: KnownClient, part: ReportRoom.Part) {
        fit(client, weight: ReportRoom.weight(client), before: before)
    }

    private mutating func fit(
        _ client: KnownClient, weight: Int, before: ReportRoom.Part?
    ) -> (client: KnownClient, part: ReportRoom.Part) {
        let name = client.heartbeat.clientName
        var (part, mustCut) = room.part(for: weight, isListed: isListed(name), before: before)
        if mustCut { cutOthers(than: name) }
        var client = client
        if part.weight < weight {
            client = client.cut(to: part.weight)
            part = part.holding(ReportRoom.weight(client))
        }
        room.replace(before, by: part)
        return (client, part)
    }

    /// Gives everybody room anew, the clients of the inventory first.
    mutating func shareOut() {
        room = ReportRoom(listed: listedCount)
        let all = entries
        for name in all.keys { entries[name]?.part = nil }
        for isListed in [true, false] {
            for (name, entry) in all where self.isListed(name) == isListed {
                // A text that is stored is counted on: it comes again in each snapshot.
                let weight = entry.part?.weight ?? ReportRoom.weight(entry.client)
                let (client, part) = fit(entry.client, weight: weight, before: nil)
                entries[name]?.part = part
                if client != entry.client { replace(name, by: client) }
            }
        }
    }

    private mutating func cutOthers(than asking: String) {
        for (name, entry) in entries where name != asking {
            guard let part = entry.part else { continue }
            let most = room.cut(part)
            guard most.weight < part.weight else { continue }
            let client = entry.client.cut(to: most.weight)
            let kept = most.holding(ReportRoom.weight(client))
            room.replace(part, by: kept)
            entries[name]?.part = kept
            replace(name, by: client)
        }
    }

    /// What is known of it is less from now on; readers are told with the next tick.
    private mutating func replace(_ name: String, by client: KnownClient) {
        guard var entry = entries[name] else { return }
        entry.owedSince = entry.owedSince ?? entry.client.heartbeat.workloads
        owed.insert(name)
        entry.client = client
        entry.fragment = nil
        entries[name] = entry
        changed.insert(name)
    }
}
