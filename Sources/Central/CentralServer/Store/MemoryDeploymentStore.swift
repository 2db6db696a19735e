import FleetModel
import Synchronization

/// A store for tests.
package final class MemoryDeploymentStore: DeploymentStore {
    private struct State {
        /// Oldest first.
        var rollouts: [Rollout] = []
        var locks: [String: String] = [:]
        var outputs: [String: [String: String]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func begin(_ rollout: Rollout) throws {
        try state.withLock { state in
            for client in rollout.clients where client.status != .skipped {
                if let holder = state.locks[client.name] {
                    throw DeploymentConflict(client: client.name, holder: holder)
                }
            }
            for client in rollout.clients where client.status != .skipped { state.locks[client.name] = rollout.id }
            state.rollouts.append(rollout)
            let ended = state.rollouts.filter(\.state.isEnded)
            for old in ended.dropLast(DeploymentStoreLimits.kept) {
                state.rollouts.removeAll { $0.id == old.id }
                state.outputs[old.id] = nil
            }
        }
    }

    package func save(_ rollout: Rollout, after earlier: Rollout) {
        state.withLock { state in
            guard let index = state.rollouts.firstIndex(where: { $0.id == rollout.id }) else { return }
            state.rollouts[index] = rollout
            if rollout.state.isEnded { state.locks = state.locks.filter { $0.value != rollout.id } }
        }
    }

    package func rollout(_ id: String) -> Rollout? { state.withLock { $0.rollouts.first { $0.id == id } } }

    package func rollouts(limit: Int) -> [Rollout] { state.withLock { $0.rollouts.suffix(limit).reversed() } }

    package func unfinished() -> [Rollout] { state.withLock { $0.rollouts.filter { !$0.state.isEnded } } }

    package func locks() -> [String: String] { state.withLock { $0.locks } }

    package func saveOutput(_ text: String, of client: String, in id: String) {
        state.withLock { $0.outputs[id, default: [:]][client] = text }
    }

    package func output(of client: String, in id: String) -> String? {
        state.withLock { $0.outputs[id]?[client] }
    }
}
