import FleetModel
import Testing

@testable import DaemonCore

/// What the launcher does around its machines, and what must hold of all that it tells.
extension RunWalk {
    mutating func handle(_ event: RunMachine.Event, _ id: String) {
        for action in table.handle(event, for: id) { perform(action, id) }
    }

    mutating func perform(_ action: RunMachine.Action, _ id: String) {
        guard let name = names[id] else { return }
        switch action {
        case .spawn(let record): spawn(id, name, adopting: record)
        case .look: look(id, name)
        case .rest: resting.insert(id)
        case .send(let command): if let link = links[id] { world.hear(command, on: link) }
        case .disconnect: if let link = links.removeValue(forKey: id) { world.disconnect(link) }
        case .tell(let kind): tell(kind, id, name)
        case .fail(let failure): tell(.failed("\(failure)"), id, name)
        case .answer(let state):
            #expect(unanswered.remove(id) != nil, "two answers: \(title)")
            let generation = table[id]?.generation ?? 0
            let record = world.records[name]
            recordIDs[id] = record?.generation == generation ? record?.runID : nil
            if let state { found.append(RecoveredRun(runID: id, name: name, generation: generation, state: state)) }
            check(state, id, name)
            if unanswered.isEmpty { beginAll() }
        case .warn: break
        case .removeRecord:
            let isOwn = recordIDs[id] == nil || world.records[name]?.runID == recordIDs[id]
            if world.locks[name] == nil, isOwn { world.records[name] = nil }
        case .forget: (names[id], links[id], resting) = (nil, nil, resting.subtracting([id]))
        }
    }

    mutating func spawn(_ id: String, _ name: String, adopting record: KeeperRecord?) {
        if let keeper = world.locks[name] {
            // A keeper that nobody here knows can be met only by trying; one that is led here is known to hold the folder.
            let holder = world.keepers[keeper]?.runID ?? ""
            #expect(table[holder]?.holdsFolder != true, "a keeper is tried beside \(holder), which is led: \(title)")
            return handle(.kept(.keeper), id)
        }
        if record == nil, let former = world.records[name], former.outcome == nil, world.isAlive(former) {
            return handle(.kept(.orphan(pid: former.pid)), id)
        }
        guard !chance(1, of: 20) else { return handle(.refused("no more processes"), id) }
        connections += 1
        links[id] = connections
        world.spawn(
            name, runID: record?.runID ?? id, generation: record?.generation ?? table[id]?.generation ?? 0,
            adopting: record?.pid, connection: connections)
        handle(.spawned(connection: connections), id)
    }

    mutating func look(_ id: String, _ name: String) {
        if let keeper = world.locks[name] {
            guard world.keepers[keeper]?.listens == true else { return handle(.silent, id) }
            connections += 1
            links[id] = connections
            world.connect(to: keeper, connections)
            return handle(.reached(connection: connections), id)
        }
        guard let record = world.records[name], record.runID == recordIDs[id] ?? record.runID,
            record.generation == table[id]?.generation ?? record.generation
        else {
            return handle(.remains(.nothing), id)
        }
        if let outcome = record.outcome { return handle(.remains(.ended(outcome)), id) }
        handle(.remains(world.isAlive(record) ? .orphan(record) : .gone), id)
    }

    // MARK: - What must hold

    mutating func tell(_ kind: RunEvent.Kind, _ id: String, _ name: String) {
        events.append(RunEvent(runID: id, name: name, kind: kind))
        let before = told[id, default: []]
        #expect(!before.contains { $0.isEnd }, "\(kind) after the end: \(title)")
        if !kind.isEnd { #expect(before.isEmpty, "\(kind) after \(before): \(title)") }
        told[id] = before + [kind]
        switch kind {
        case .started(let pid, _): check(.running(pid: pid, keeper: nil, startedAt: now.wall), id, name)
        case .ended(let outcome): check(.ended(outcome), id, name)
        default: check(nil, id, name)
        }
    }

    /// Whatever is told of a run is true of it, and of no other.
    func check(_ state: RecoveredRun.State?, _ id: String, _ name: String) {
        let own = world.processes.values.filter { $0.runID == id || (id == "unrecorded-\(name)" && $0.name == name) }
        switch state {
        case .running(let pid, _, _): #expect(own.contains { $0.number == pid }, "another's beginning: \(title)")
        case .ended(let outcome):
            #expect(own.allSatisfy { !$0.isAlive }, "it has not ended: \(title)")
            #expect(
                outcome == .unknown || own.contains { outcome == .exited($0.number) }, "another's end: \(title)")
        case nil: #expect(own.allSatisfy { !$0.isAlive }, "a run is forgotten: \(title)")
        }
    }
}
