import FleetHTTP
import FleetModel
import FoundationEssentials
import NIOCore
import Synchronization

/// What the readers of the event stream are told.
extension FleetState {
    /// Tells the readers of the event stream how far a deployment is.
    package func show(_ deployment: DeploymentStatus) {
        guard let text = try? JSONEncoder().encode(deployment) else { return }
        picture.withLock { picture in
            picture.show(deployment)
            events.append("deployment") { $0.writeImmutableBuffer(HarmlessJSON.text(text)) }
        }
    }

    /// The whole picture as an event, and its place among the others.
    ///
    /// One of the last second will do: what has come since then follows it out of the log. So it is written at most once
    /// a second, however many ask and however much is reported.
    func snapshot() async -> EventSnapshot {
        if let recent = recentSnapshot() { return recent }
        // A large fleet takes long to write down. It is done from a copy, so that reports are taken meanwhile.
        let made = try? await LongWork.run { [self] in recentSnapshot() ?? makeSnapshot() }
        return made ?? makeSnapshot()
    }

    private func recentSnapshot() -> EventSnapshot? {
        lastSnapshot.withLock { $0 }.flatMap { events.reaches(back: $0.position) ? $0 : nil }
    }

    private func makeSnapshot() -> EventSnapshot {
        let now = now()
        var (copy, position) = picture.withLock { ($0, events.position) }
        var text = ByteBuffer()
        events.write("snapshot", at: position, into: &text) { copy.writeSnapshot(at: now, into: &$0) }
        let snapshot = EventSnapshot(text, at: position)
        lastSnapshot.withLock { $0 = snapshot }
        return snapshot
    }

    func publish(_ changes: [FleetChange], of picture: inout FleetPicture, at now: CentralMoment) {
        for change in changes {
            switch change {
            case .client(let name):
                events.append("client", about: name) { picture.writeOverview(name, at: now, into: &$0) }
            case .workload(let client, let workload):
                events.append("workload", about: client) { text in
                    text.writeStaticString(#"{"client":"#)
                    text.writeJSON(client)
                    text.writeStaticString(#","workload":"#)
                    text.writeJSON(workload)
                    text.writeStaticString("}")
                }
            case .workloadRemoved(let client, let workload):
                events.append("workload_removed", about: client) { text in
                    text.writeStaticString(#"{"client":"#)
                    text.writeJSON(client)
                    text.writeStaticString(#","workload":"#)
                    text.writeJSON(workload)
                    text.writeStaticString("}")
                }
            case .clientRemoved(let client):
                events.append("client_removed", about: client) { text in
                    text.writeStaticString(#"{"client":"#)
                    text.writeJSON(client)
                    text.writeStaticString("}")
                }
            }
        }
    }
}
