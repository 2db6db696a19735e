import FleetModel
import Logging

/// What is stored and logged of a workload when something has become of it.
extension Supervisor {
    /// - Parameter durably: a power cut does not undo it.
    func save(_ records: [WorkloadRecord], durably: Bool = false) {
        // What could not be stored before goes along.
        let names = Set(records.map(\.name))
        let earlier = unsaved.keys.filter { !names.contains($0) }.compactMap { entries[$0]?.machine.record }
        do {
            try surroundings.store.save(records + earlier, durably: durably)
            if storeTrouble { logger.info("the state can be stored again") }
            storeTrouble = false
            unsaved = [:]
        } catch {
            for record in records { unsaved[record.name] = "\(error)" }
            noteStore(error)
        }
    }

    /// Workloads go on without a store: what is lost is what the next life of the daemon would know.
    func noteStore(_ error: any Error) {
        if !storeTrouble { logger.error("the state cannot be stored: \(error)") }
        storeTrouble = true
    }

    func log(from before: WorkloadRecord, to after: WorkloadRecord) {
        guard before.status != after.status else { return }
        var metadata: Logger.Metadata = [
            "workload": "\(after.name)", "status": "\(after.status.rawValue)", "run": "\(after.runCount)",
        ]
        if let pid = after.pid { metadata["pid"] = "\(pid)" }
        if let error = after.lastError, after.status.isTrouble {
            metadata["error"] = "\(error)"
            logger.warning("workload \(after.status.rawValue)", metadata: metadata)
        } else {
            logger.info("workload \(after.status.rawValue)", metadata: metadata)
        }
    }
}
