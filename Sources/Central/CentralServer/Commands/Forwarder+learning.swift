import FleetClient
import FleetModel
import FoundationEssentials
import HTTPTypes
import NIOCore

/// After an action the daemon is asked how it is now, so that whoever asked for it finds that wherever they look next.
/// Its own report would come some milliseconds after the answer.
extension Forwarder {
    /// Seconds that the answer to an action waits for that at most; then the report has to do.
    private static let patience = 2.0

    func learn(_ workload: String, of client: String, _ state: FleetState) async {
        let found = try? await withTimeLimit(seconds: Self.patience) {
            read(Workload.self, try await pass(DaemonEndpoint.status, workload, to: client))
        }
        guard let found = found ?? nil, found.name == workload else { return }
        state.learn([found], all: false, of: client)
    }

    func learnAll(of client: String, _ state: FleetState) async {
        let found = try? await withTimeLimit(seconds: Self.patience) {
            async let health = pass(DaemonEndpoint.health, to: client)
            let list = read(WorkloadList.self, try await pass(DaemonEndpoint.list, to: client))
            return (list, read(Health.self, try await health))
        }
        guard let (list, health) = found, let list, let health, health.clientName == client else { return }
        state.learn(list.workloads, all: true, release: health.release, of: client)
    }

    private func read<Answer: Decodable>(_ type: Answer.Type, _ answer: PassedAnswer) -> Answer? {
        guard answer.status == .ok else { return nil }
        return try? JSONDecoder().decode(type, from: Data(answer.body.readableBytesView))
    }
}
