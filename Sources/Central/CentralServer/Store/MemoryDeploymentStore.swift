import FleetModel
import Synchronization

/// A store for tests.
package final class MemoryDeploymentStore: DeploymentStore {
    private struct State {
        /// Oldest first.
        var deployments: [DeploymentMachine] = []
        var locks: [String: String] = [:]
        var outputs: [String: [String: String]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func begin(_ deployment: DeploymentMachine) throws {
        try state.withLock { state in
            for client in deployment.clients where client.status != .skipped {
                if let holder = state.locks[client.name] {
                    throw DeploymentConflict(client: client.name, holder: holder)
                }
            }
            for client in deployment.clients where client.status != .skipped {
                state.locks[client.name] = deployment.id
            }
            state.deployments.append(deployment)
            let ended = state.deployments.filter(\.state.isEnded)
            for old in ended.dropLast(DeploymentStoreLimits.kept) {
                state.deployments.removeAll { $0.id == old.id }
                state.outputs[old.id] = nil
            }
        }
    }

    package func save(_ deployment: DeploymentMachine, after earlier: DeploymentMachine) {
        state.withLock { state in
            guard let index = state.deployments.firstIndex(where: { $0.id == deployment.id }) else { return }
            state.deployments[index] = deployment
            if deployment.state.isEnded { state.locks = state.locks.filter { $0.value != deployment.id } }
        }
    }

    package func deployment(_ id: String) -> DeploymentMachine? {
        state.withLock { $0.deployments.first { $0.id == id } }
    }

    package func deployments(limit: Int) -> [DeploymentMachine] {
        state.withLock { $0.deployments.suffix(limit).reversed() }
    }

    package func unfinished() -> [DeploymentMachine] { state.withLock { $0.deployments.filter { !$0.state.isEnded } } }

    package func locks() -> [String: String] { state.withLock { $0.locks } }

    package func saveOutput(_ text: String, of client: String, in id: String) {
        state.withLock { $0.outputs[id, default: [:]][client] = text }
    }

    package func output(of client: String, in id: String) -> String? {
        state.withLock { $0.outputs[id]?[client] }
    }
}
