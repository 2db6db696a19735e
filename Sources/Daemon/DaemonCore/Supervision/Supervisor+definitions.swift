import FleetConfig
import FleetModel
import Logging

/// Where the definitions come in: at the start of the daemon, and at a reload.
extension Supervisor {
    /// Takes over what an earlier life of the daemon left, and begins the rest. Called once.
    ///
    /// Where not all files could be read, what they may have held stays as it was.
    /// - Throws: where the store can't be read.
    package func begin(_ reading: WorkloadReading) async throws {
        let records = Dictionary(
            try surroundings.store.records().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for spec in reading.specs {
            entries[spec.name] = Entry(
                machine: WorkloadMachine(spec: spec, record: records[spec.name], zone: surroundings.zone(spec)))
        }
        let specs = reading.specs + (try keepUnread(records, reading))
        let plans = Dictionary(
            specs.map { ($0.name, plan(for: $0, generation: 0)) }, uniquingKeysWith: { first, _ in first })
        for run in await surroundings.launcher.recover(plans) {
            keepUnread(run.name, reading)
            takeOver(run, record: records[run.name])
        }
        let waiting = early ?? []
        early = nil
        for event in waiting { happened(event) }
        let unknown = records.keys.filter { entries[$0] == nil }
        if !unknown.isEmpty { try surroundings.store.remove(Array(unknown)) }
        // All are held first, so that the order of the files does not matter.
        for spec in specs where entries[spec.name]?.machine.ownsRun == false { entries[spec.name]?.isHeld = true }
        beginHeld()
        remember(reading.specs, in: reading.files)
    }

    private func takeOver(_ run: RecoveredRun, record: WorkloadRecord?) {
        let name = run.name
        switch run.state {
        case .running(let pid, let keeper, let startedAt):
            let isLeaving = entries[name] == nil
            if isLeaving {
                // What is left of a workload that was removed is one that is being removed: should it come back
                // meanwhile, it begins again when this run has ended.
                let spec = WorkloadSpec(name: name, program: .command([]))
                entries[name] = Entry(
                    machine: WorkloadMachine(spec: spec, record: record, zone: surroundings.zone(spec)))
            }
            entries[name]?.run = PresentRun(id: run.runID, keeper: keeper)
            entries[name]?.machine.record.runID = run.runID
            let isRedefined = entries[name]?.machine.isRedefined == true
            let since = record?.isOf(run) == true ? record?.lastStarted ?? startedAt : startedAt
            handle(.recovered(generation: run.generation, pid: pid, startedAt: since), for: name)
            if isLeaving {
                logger.warning(
                    "a workload that is in no file any more still runs and is stopped",
                    metadata: ["workload": "\(name)", "pid": "\(pid)"])
                handle(.removed, for: name)
            } else {
                probeIfAsked(name)
                logger.info("workload taken over", metadata: ["workload": "\(name)", "pid": "\(pid)"])
                if isRedefined, entries[name]?.machine.status == .stopping {
                    logger.info(
                        "a workload runs by a definition that has changed since, and is restarted",
                        metadata: ["workload": "\(name)"])
                }
            }
        case .ended(let outcome):
            surroundings.launcher.acknowledge(run.runID)
            if entries[name] == nil {
                surroundings.launcher.forget(name)
            } else if let record, record.isOf(run) {
                handle(.ended(generation: record.generation, outcome: outcome, detail: nil), for: name)
            }
        }
    }

    /// Replaces the definitions, all at once. Removed ones are stopped, changed ones restarted, side by side;
    /// it returns when that is done.
    ///
    /// Only for files that could all be read: what is in none of them counts as removed.
    package func replace(with specs: [WorkloadSpec], in files: [String: String] = [:]) async -> ReloadChanges {
        for name in entries.keys { entries[name]?.unread = nil }
        defer { remember(specs, in: files) }
        var changes = ReloadChanges()
        var waits: [(String, Awaited, Double)] = []
        let names = Set(specs.map(\.name))
        for (name, entry) in entries where !names.contains(name) {
            changes.removed.append(name)
            waits.append((name, .gone(generation: entry.machine.record.generation), entry.machine.spec.stopTimeout))
            handle(.removed, for: name)
        }
        for spec in specs {
            if entries[spec.name] == nil {
                entries[spec.name] = Entry(
                    machine: WorkloadMachine(spec: spec, record: nil, zone: surroundings.zone(spec)))
                changes.added.append(spec.name)
            } else if let wait = redefine(spec, &changes) {
                waits.append(wait)
            }
        }
        for name in changes.added { entries[name]?.isHeld = true }
        beginHeld()
        for (name, awaited, seconds) in waits {
            _ = await wait(for: awaited, of: name, seconds: seconds + Self.patience)
        }
        return changes.sorted
    }

    /// Gives a workload that is known its definition, and notes what that means for it.
    ///
    /// - Returns: what to wait for, and for how long, where a run of it is replaced by another.
    private func redefine(_ spec: WorkloadSpec, _ changes: inout ReloadChanges) -> (String, Awaited, Double)? {
        guard !define(spec), var entry = entries[spec.name], entry.machine.spec != spec || entry.machine.isLeaving
        else {
            changes.unchanged.append(spec.name)
            return nil
        }
        let restarts = !entry.machine.spec.runsLike(spec) || entry.machine.isLeaving
        let (before, wasActive) = (entry.machine.spec, entry.machine.isActive)
        entry.machine.spec = spec
        entry.machine.zone = surroundings.zone(spec)
        entries[spec.name] = entry
        handle(.redefined(restarting: restarts), for: spec.name)
        guard restarts else {
            changes.unchanged.append(spec.name)
            return nil
        }
        changes.restarted.append(spec.name)
        guard wasActive else { return nil }
        return (spec.name, .begun(generation: entry.machine.record.generation + 1), before.stopTimeout)
    }
}

extension WorkloadRecord {
    /// Whether it speaks of that run, and not of one that happens to have the same number.
    fileprivate func isOf(_ run: RecoveredRun) -> Bool {
        runID.map { $0 == run.runID } ?? (generation == run.generation)
    }
}

extension ReloadChanges {
    fileprivate var sorted: ReloadChanges {
        var changes = self
        changes.added.sort()
        changes.removed.sort()
        changes.restarted.sort()
        changes.unchanged.sort()
        return changes
    }
}
