import ServiceLifecycle

/// Takes a point of the history once a minute.
struct HistoryService: Service {
    static let interval = Duration.seconds(60)

    let state: FleetState
    let history: FleetHistory

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                history.sample(state.ask { $0.overviews(at: $1) })
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
