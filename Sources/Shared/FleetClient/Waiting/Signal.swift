/// Something that happens again and again, and that a task waits for, or for a time.
///
/// A ring that nobody waits for is kept for the next one who does; further ones are joined with it. All who wait when
/// it rings are woken. Unlike the iterator of an `AsyncStream`, which ends for good with the first task that is
/// cancelled while it waits (and the loser of a race against a clock is cancelled), it can be waited for again after
/// any end of a wait.
package final class Signal: Sendable {
    package enum Wake: Hashable, Sendable {
        case rang
        case timeUp
        case cancelled
        /// It never rings again.
        case finished
    }

    private struct State {
        var isPending = false
        var isFinished = false
    }

    private let room = WaitingRoom<State, Wake>(State())

    package init() {}

    package func ring() {
        room.passAll(.rang) { state, count in
            if count == 0, !state.isFinished { state.isPending = true }
        }
    }

    /// What has rung and was not heard yet can still be heard.
    package func finish() { room.passAll(.finished) { state, _ in state.isFinished = true } }

    /// - Returns: never `.timeUp`.
    package func wait() async -> Wake {
        await room.wait { state in
            if state.isPending {
                state.isPending = false
                return .rang
            }
            return state.isFinished ? .finished : nil
        } ?? .cancelled
    }

    package func wait(seconds: Double) async -> Wake {
        let wake = await limited(to: seconds) { [self] () -> Wake? in
            let wake = await wait()
            return wake == .cancelled ? nil : wake
        }
        return wake ?? (Task.isCancelled ? .cancelled : .timeUp)
    }

    /// How many tasks wait for it now.
    package var waiting: Int { room.waiting }
}
