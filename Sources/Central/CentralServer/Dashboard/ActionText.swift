import FleetModel
import FoundationEssentials
import HTTPTypes
import NIOCore

/// A sentence for the page out of the answer of a daemon.
enum ActionText {
    static func read(_ answer: PassedAnswer) -> ActionResult {
        let data = Data(answer.body.readableBytesView)
        let decoder = JSONDecoder()
        if let result = try? decoder.decode(ActionResult.self, from: data) { return result }
        if let reload = try? decoder.decode(ReloadResult.self, from: data) {
            let changes = reload.changes
            return ActionResult(
                success: true,
                message: "Reloaded: \(changes.added.count) added, \(changes.removed.count) removed, "
                    + "\(changes.restarted.count) restarted, \(changes.unchanged.count) unchanged")
        }
        let error = try? decoder.decode(ErrorAnswer.self, from: data)
        let places = (error?.errors ?? []).prefix(5).map { " \($0)" }.joined(separator: ";")
        return ActionResult(
            success: false, message: (error?.detail ?? "the daemon answered \(answer.status)") + places)
    }
}
