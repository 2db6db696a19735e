import ServiceLifecycle

/// Brings reports to the store once a second, and what is left when the central goes down.
struct FlushService: Service {
    let state: FleetState
    static let interval = Duration.seconds(1)

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                state.flush()
                try? await Task.sleep(for: Self.interval)
            }
        }
        state.flush()
    }
}
