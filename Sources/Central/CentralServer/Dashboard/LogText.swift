import FleetModel
import FoundationEssentials
import HTTPTypes
import NIOCore

/// Lines of a log out of the answer of a daemon.
enum LogText {
    /// Nil where the answer is none.
    static func read(_ answer: PassedAnswer) -> String? {
        guard answer.status == .ok,
            let log = try? JSONDecoder().decode(LogLines.self, from: Data(answer.body.readableBytesView))
        else { return nil }
        return log.lines.map { $0 + "\n" }.joined()
    }
}
