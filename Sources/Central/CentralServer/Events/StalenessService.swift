import ServiceLifecycle

/// Looks once a second who fell silent, so that it shows without anyone asking.
struct StalenessService: Service {
    static let interval = Duration.seconds(1)

    let state: FleetState

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                state.tick()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
