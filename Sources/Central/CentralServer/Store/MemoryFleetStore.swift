import FleetModel
import Synchronization

/// A store for tests.
package final class MemoryFleetStore: FleetStore {
    private struct State {
        var clients: [String: StoredClient] = [:]
        var audit: [AuditEntry] = []
        var history: StoredHistory?
        var refusals: [Refusal] = []
    }

    private let state = Mutex(State())

    private let limits: FleetStoreLimits

    package init(limits: FleetStoreLimits = FleetStoreLimits()) { self.limits = limits }

    package func clients() -> [StoredClient] {
        state.withLock { $0.clients.values.sorted { $0.name < $1.name } }
    }

    package func save(_ clients: [StoredClient]) {
        state.withLock { state in
            for client in clients { state.clients[client.name] = client }
        }
    }

    package func forget(_ name: String, noting entry: AuditEntry) {
        state.withLock { $0.clients[name] = nil }
        append(entry)
    }

    package func append(_ entry: AuditEntry) {
        state.withLock { state in
            state.audit.append(entry)
            guard state.audit.count > limits.audit else { return }
            let counts = Dictionary(grouping: state.audit, by: \.who).mapValues(\.count)
            let most = counts.values.max() ?? 0
            if let index = state.audit.firstIndex(where: { counts[$0.who] == most }) { state.audit.remove(at: index) }
        }
    }

    package func audit(limit: Int) -> [AuditEntry] { state.withLock { $0.audit.suffix(limit).reversed() } }

    package func add(_ refusals: [Refusal]) {
        state.withLock { state in
            for refusal in refusals {
                if let index = state.refusals.firstIndex(where: {
                    $0.time == refusal.time && $0.address == refusal.address
                }) {
                    let count = state.refusals[index].count
                    state.refusals[index] = refusal
                    state.refusals[index].count += count
                } else {
                    state.refusals.append(refusal)
                }
            }
            state.refusals.sort { ($1.time, $1.count, $0.address) < ($0.time, $0.count, $1.address) }
            guard state.refusals.count > limits.refusals else { return }
            let last = state.refusals[limits.refusals - 1].time
            state.refusals.removeAll { $0.time < last }
        }
    }

    package func refusals(limit: Int) -> [Refusal] { state.withLock { Array($0.refusals.prefix(limit)) } }

    package func save(_ history: StoredHistory) { state.withLock { $0.history = history } }

    package func history() -> StoredHistory? { state.withLock { $0.history } }
}
