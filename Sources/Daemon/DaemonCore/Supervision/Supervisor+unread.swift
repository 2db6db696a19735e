import FleetConfig
import FleetModel
import Logging

/// "Cannot be read" is not "was removed": workloads that are in no valid file, while not all files could be read.
extension Supervisor {
    /// Begins with definitions that are all there is.
    package func begin(_ specs: [WorkloadSpec]) async throws {
        var reading = WorkloadReading()
        reading.specs = specs
        try await begin(reading)
    }

    /// Makes entries for all that is known and that no valid file defines, if there may be a file that would.
    ///
    /// - Returns: their last definitions, by which they are supervised. One that nobody knows, since an older version
    ///   stored none, gets a stand-in: its run is watched and can be stopped, and nothing is begun.
    func keepUnread(_ records: [String: WorkloadRecord], _ reading: WorkloadReading) throws -> [WorkloadSpec] {
        let names = records.keys.filter { entries[$0] == nil }
        guard !names.isEmpty, !reading.issues.isEmpty else { return [] }
        let stored = Dictionary(
            try surroundings.store.definitions().map { ($0.spec.name, $0) }, uniquingKeysWith: { first, _ in first })
        var specs: [WorkloadSpec] = []
        for name in names.sorted() {
            if let definition = stored[name] { specs.append(definition.spec) }
            keepUnread(name, as: stored[name], record: records[name], reading)
        }
        return specs
    }

    /// The same for a run that was found and of which nothing else is known.
    func keepUnread(_ name: String, _ reading: WorkloadReading) {
        guard entries[name] == nil, !reading.issues.isEmpty else { return }
        let definition = (try? surroundings.store.definitions())?.first { $0.spec.name == name }
        keepUnread(name, as: definition, record: nil, reading)
    }

    private func keepUnread(
        _ name: String, as definition: StoredDefinition?, record: WorkloadRecord?, _ reading: WorkloadReading
    ) {
        guard let issue = reading.uncertainty(of: name, lastSeenIn: definition?.file) else { return }
        let spec = definition?.spec ?? WorkloadSpec(name: name, program: .command([]))
        var entry = Entry(machine: WorkloadMachine(spec: spec, record: record, zone: surroundings.zone(spec)))
        entry.machine.isDefined = definition != nil
        entry.unread = "its definition cannot be read, so it stays as it was: \(issue)"
        entries[name] = entry
        files[name] = definition?.file
        logger.warning(
            "the definition of a workload cannot be read; it stays as it was",
            metadata: ["workload": "\(name)", "issue": "\(issue)"])
    }

    /// Gives a workload its definition whose definition was not known.
    ///
    /// - Returns: false where that is to be done as for any other: it was known, or what runs was begun by another one.
    func define(_ spec: WorkloadSpec) -> Bool {
        guard var entry = entries[spec.name], !entry.machine.isDefined else { return false }
        entry.machine.isDefined = true
        if entry.machine.isActive {
            if let used = entry.machine.record.definition, used != spec.digest {
                entries[spec.name] = entry
                return false
            }
            entry.machine.spec = spec
            entry.machine.zone = surroundings.zone(spec)
        } else {
            entry.machine = WorkloadMachine(
                spec: spec, record: entry.machine.record, zone: surroundings.zone(spec))
            entry.isHeld = true
        }
        entries[spec.name] = entry
        return true
    }

    /// Stores definitions after they were used, for a day on which their files cannot be read.
    func remember(_ specs: [WorkloadSpec], in files: [String: String]) {
        let changed = specs.filter { spec in
            remembered[spec.name] != spec || self.files[spec.name] != files[spec.name]
        }
        guard !changed.isEmpty else { return }
        do {
            try surroundings.store.save(changed.map { StoredDefinition(spec: $0, file: files[$0.name]) })
            for spec in changed {
                remembered[spec.name] = spec
                self.files[spec.name] = files[spec.name]
            }
        } catch {
            noteStore(error)
        }
    }
}
