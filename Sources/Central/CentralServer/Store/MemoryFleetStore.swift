import FleetModel
import Synchronization

/// A store for tests.
package final class MemoryFleetStore: FleetStore {
    private struct State {
        var clients: [String: StoredClient] = [:]
        var audit: [AuditEntry] = []
        var history: StoredHistory?
    }

    private let state = Mutex(State())

    package init() {}

    package func clients() -> [StoredClient] {
        state.withLock { $0.clients.values.sorted { $0.name < $1.name } }
    }

    package func save(_ clients: [StoredClient]) {
        state.withLock { state in
            for client in clients { state.clients[client.name] = client }
        }
    }

    package func forget(_ name: String) { state.withLock { $0.clients[name] = nil } }

    package func append(_ entry: AuditEntry) {
        state.withLock { state in
            state.audit.append(entry)
            if state.audit.count > FleetStoreLimits.audit { state.audit.removeFirst() }
        }
    }

    package func audit(limit: Int) -> [AuditEntry] { state.withLock { $0.audit.suffix(limit).reversed() } }

    package func save(_ history: StoredHistory) { state.withLock { $0.history = history } }

    package func history() -> StoredHistory? { state.withLock { $0.history } }
}
