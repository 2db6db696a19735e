import FleetClient
import Synchronization

/// What was told of runs and nobody has heard yet; one reader.
///
/// Nothing is lost and it can't grow without end: a run begins once and ends once, and of what may be told of it again
/// and again only the newest waits.
final class RunEventQueue: Sendable {
    private struct State {
        var waiting: [RunEvent] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let hasCome = Signal()

    func put(_ event: RunEvent) {
        state.withLock { state in
            guard !state.isFinished else { return }
            if let index = state.waiting.lastIndex(where: event.replaces) { state.waiting.remove(at: index) }
            state.waiting.append(event)
        }
        hasCome.ring()
    }

    /// Waits for the next one; nil once there can be none any more, or where the task was cancelled.
    func next() async -> RunEvent? {
        repeat {
            if let event = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) { return event }
        } while await hasCome.wait() == .rang
        return nil
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        hasCome.finish()
    }
}

extension RunEvent {
    /// Whoever hears this one need not hear the other any more.
    fileprivate func replaces(_ other: RunEvent) -> Bool {
        guard runID == other.runID else { return false }
        return switch (kind, other.kind) {
        case (.logTrouble, .logTrouble), (.stuck, .stuck): true
        default: false
        }
    }
}
