import FleetModel
import Synchronization

/// What the primitives of this folder share: a state behind a lock, and a line of tasks that wait for it to change.
///
/// A task that is cancelled leaves the line at once, and nothing that was meant for it is lost: what was handed to a
/// task before it was cancelled is its own, what was not goes to the next.
final class WaitingRoom<State: Sendable, Pass: Sendable>: Sendable {
    private typealias Place = CheckedContinuation<Pass?, Never>

    private struct Room {
        var state: State
        /// In the order of their coming.
        var line: [(number: UInt64, place: Place)] = []
        var lastNumber: UInt64 = 0
    }

    private let room: Mutex<Room>

    init(_ state: State) { room = Mutex(Room(state: state)) }

    /// - Parameter body: must not wait, nor call this room.
    func withState<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        room.withLock { room in body(&room.state) }
    }

    /// How many wait; for tests, which otherwise could not know that somebody does.
    var waiting: Int { room.withLock { $0.line.count } }

    /// - Parameter enter: answers with what lets the task pass at once, or with nil where it has to wait.
    /// - Returns: nil where the task was cancelled before it was let through; then nothing was taken.
    func wait(_ enter: @Sendable (inout State) -> Pass?) async -> Pass? {
        let number = room.withLock { room in
            room.lastNumber += 1
            return room.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { place in
                let isAnswered: Bool
                var pass: Pass?
                (isAnswered, pass) = room.withLock { room in
                    if Task.isCancelled { return (true, nil) }
                    if let pass = enter(&room.state) { return (true, pass) }
                    room.line.append((number, place))
                    return (false, nil)
                }
                if isAnswered { place.resume(returning: pass) }
            }
        } onCancel: {
            let place = room.withLock { room -> Place? in
                guard let index = room.line.firstIndex(where: { $0.number == number }) else { return nil }
                return room.line.remove(at: index).place
            }
            place?.resume(returning: nil)
        }
    }

    /// Lets all through that wait now.
    ///
    /// - Parameter change: is told how many they are.
    func passAll(_ pass: Pass, _ change: (inout State, _ count: Int) -> Void) {
        let line = room.withLock { room in
            change(&room.state, room.line.count)
            defer { room.line = [] }
            return room.line
        }
        for one in line { one.place.resume(returning: pass) }
    }

    /// Lets the first one through.
    ///
    /// - Parameter change: what is done where nobody waits.
    func passFirst(_ pass: Pass, orElse change: (inout State) -> Void) {
        let first = room.withLock { room -> Place? in
            guard !room.line.isEmpty else {
                change(&room.state)
                return nil
            }
            return room.line.removeFirst().place
        }
        first?.resume(returning: pass)
    }
}

/// Runs a wait until the time is up, and then still takes what the wait was given at that very moment.
///
/// - Returns: nil where the time was up first, or the task was cancelled.
func limited<Pass: Sendable>(
    to seconds: Double, _ wait: @escaping @Sendable () async -> Pass?
) async -> Pass? {
    await withTaskGroup(of: Pass?.self) { group in
        group.addTask { await wait() }
        group.addTask {
            try? await Task.sleep(for: .seconds(clamping: max(0, seconds)))
            return nil
        }
        var result = await group.next() ?? nil
        group.cancelAll()
        // The other one is over now too. What it was given must not be lost.
        while let other = await group.next() { result = result ?? other }
        return result
    }
}
