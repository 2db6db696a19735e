import FleetModel
import NIOPosix
import ServiceLifecycle

/// Takes a point of the history once a minute, and stores it now and then, as each write wears out a memory card.
struct HistoryService: Service {
    /// In seconds.
    static let interval = 60.0
    /// Points from one time of storing to the next.
    static let pointsBetweenSaves = 10

    let state: FleetState
    let history: FleetHistory

    func run() async {
        await cancelWhenGracefulShutdown {
            var wait = history.secondsUntilDue(state.time.wall)
            var isOwed = false
            for count in 1... {
                guard (try? await Task.sleep(for: .seconds(clamping: wait))) != nil else { return }
                history.sample(state.ask { $0.overviews(at: $1) }, at: state.time.wall)
                // What the database has refused is tried again with the next point.
                if isOwed || count.isMultiple(of: Self.pointsBetweenSaves) { isOwed = !(await save()) }
                wait = Self.interval
            }
        }
        _ = await save()
    }

    /// - Returns: false where the database refuses it.
    private func save() async -> Bool {
        guard let stored = history.stored else { return true }
        // Not on a thread that answers requests: the memory card of a board may take long.
        return (try? await NIOThreadPool.singleton.runIfActive { [state] in state.save(stored) }) ?? false
    }
}
