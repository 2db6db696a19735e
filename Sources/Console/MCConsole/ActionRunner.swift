import ConsoleCore
import FleetClient
import FleetModel

/// Does one thing to each of its targets, a few at once, and tells how each took it.
struct ActionRunner: Sendable {
    private static let mostAtOnce = 8

    var run: Int
    var verb: Verb
    var targets: [ActionTarget]
    var link: CentralLink
    var post: @Sendable (Message) -> Void

    func callAsFunction() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, target) in targets.enumerated() {
                // Once so many are under way, each waits for another to be done.
                if index >= Self.mostAtOnce { await group.next() }
                group.addTask { post(.outcome(run: run, target: index, await act(on: target))) }
            }
        }
    }

    private func act(on target: ActionTarget) async -> Outcome {
        do {
            let client = try link.calls()
            switch target {
            case .workload(let id):
                guard case .workload(let action) = verb.kind else { return .failed(Self.senseless) }
                return Self.outcome(try await client.act(action, on: id.workload, of: id.client))
            case .client(let name):
                let changes = try await client.reload(name).changes
                return .ok(Self.text(changes))
            case .deployment(let id, _):
                guard case .deployment(let action) = verb.kind else { return .failed(Self.senseless) }
                return Self.outcome(try await client.act(action, onDeployment: id))
            }
        } catch {
            return .failed(Self.reason(error))
        }
    }

    private static let senseless = "that cannot be done to it"

    private static func outcome(_ result: ActionResult) -> Outcome {
        result.success ? .ok(result.message) : .failed(result.message)
    }

    private static func text(_ changes: ReloadChanges) -> String {
        let parts = [("added", changes.added), ("restarted", changes.restarted), ("removed", changes.removed)]
            .filter { !$0.1.isEmpty }.map { "\($0.1.count) \($0.0)" }
        return parts.isEmpty ? "nothing changed" : parts.joined(separator: ", ")
    }

    /// Why an action failed, as a sentence; where a configuration has errors, with the first of them.
    static func reason(_ error: any Error) -> String {
        if case FleetClientError.timedOut = error {
            return "no answer came in time; it may have been done, or still be"
        }
        guard case FleetClientError.answered(_, let answer) = error, let first = answer.errors?.first else {
            return CentralLink.reason(error)
        }
        let more = (answer.errors?.count ?? 1) - 1
        return "\(answer.detail): \(first)\(more > 0 ? " and \(more) more" : "")"
    }
}
