import Synchronization

/// What was told of runs and nobody has heard yet; one reader.
///
/// Nothing is lost and it can't grow without end: a run begins once and ends once, and of what may be told of it again
/// and again only the newest waits.
final class RunEventQueue: Sendable {
    private struct State {
        var waiting: [RunEvent] = []
        var isFinished = false
        var reader: CheckedContinuation<RunEvent?, Never>?
    }

    private let state = Mutex(State())

    func put(_ event: RunEvent) {
        let reader = state.withLock { state -> CheckedContinuation<RunEvent?, Never>? in
            guard !state.isFinished else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if let index = state.waiting.lastIndex(where: event.replaces) { state.waiting.remove(at: index) }
            state.waiting.append(event)
            return nil
        }
        reader?.resume(returning: event)
    }

    /// Waits for the next one; nil once there can be none any more.
    func next() async -> RunEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let event = state.withLock { state -> RunEvent?? in
                    if !state.waiting.isEmpty { return state.waiting.removeFirst() }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    state.reader = reader
                    return nil
                }
                if let event { reader.resume(returning: event) }
            }
        } onCancel: {
            wake()
        }
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        wake()
    }

    private func wake() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
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
