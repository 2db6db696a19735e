import FleetClient
import Synchronization

/// Wakes those who wait for the next report of a client.
package final class ReportWatch: Sendable {
    private struct State {
        var listeners: [UInt64: (client: String, reports: Signal)] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func tell(of client: String) {
        let signals = state.withLock { state in
            state.listeners.values.filter { $0.client == client }.map(\.reports)
        }
        for reports in signals { reports.ring() }
    }

    /// - Parameter body: given a signal that rings for each report while it runs.
    func withReports<Value: Sendable>(of client: String, _ body: (Signal) async -> Value) async -> Value {
        let reports = Signal()
        let number = state.withLock { state in
            state.last += 1
            state.listeners[state.last] = (client, reports)
            return state.last
        }
        defer { _ = state.withLock { $0.listeners.removeValue(forKey: number) } }
        return await body(reports)
    }
}
