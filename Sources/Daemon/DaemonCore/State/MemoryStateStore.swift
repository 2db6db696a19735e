import FleetModel
import Synchronization

/// A store for tests and for runs without a daemon.
package final class MemoryStateStore: StateStore {
    private let stored = Mutex<[String: WorkloadRecord]>([:])

    package init() {}

    package func records() -> [WorkloadRecord] {
        stored.withLock { $0.values.sorted { $0.name < $1.name } }
    }

    package func save(_ records: [WorkloadRecord]) {
        stored.withLock { stored in
            for record in records { stored[record.name] = record }
        }
    }

    package func remove(_ names: [String]) {
        stored.withLock { stored in
            for name in names { stored[name] = nil }
        }
    }
}
