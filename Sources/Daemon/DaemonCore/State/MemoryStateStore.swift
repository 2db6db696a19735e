import FleetModel
import Synchronization

/// A store for tests and for runs without a daemon.
package final class MemoryStateStore: StateStore {
    private let stored = Mutex<[String: WorkloadRecord]>([:])
    private let defined = Mutex<[String: StoredDefinition]>([:])

    package init() {}

    package func records() -> [WorkloadRecord] {
        stored.withLock { $0.values.sorted { $0.name < $1.name } }
    }

    package func save(_ records: [WorkloadRecord], durably: Bool) {
        stored.withLock { stored in
            for record in records { stored[record.name] = record }
        }
    }

    package func definitions() -> [StoredDefinition] {
        defined.withLock { $0.values.sorted { $0.spec.name < $1.spec.name } }
    }

    package func save(_ definitions: [StoredDefinition]) {
        defined.withLock { defined in
            for definition in definitions { defined[definition.spec.name] = definition }
        }
    }

    package func remove(_ names: [String]) {
        stored.withLock { stored in
            for name in names { stored[name] = nil }
        }
        defined.withLock { defined in
            for name in names { defined[name] = nil }
        }
    }
}
