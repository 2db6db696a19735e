import FleetModel
import ServiceLifecycle

/// The central's part in the life of the daemon: begun before all that others can see, ended after the goodbye.
struct CentralService: Service {
    let watch: CentralWatch
    /// Opened once the daemon may go on.
    let gate: Latch

    /// - Throws: where the central can't begin and somebody has to do something.
    func run() async throws {
        try await cancelWhenGracefulShutdown { try await watch.begin() }
        gate.countDown()
        try? await gracefulShutdown()
        // One that the fault of another cancels is ended by `Daemon.run`.
        if Task.isShuttingDownGracefully { await watch.end() }
    }
}

/// A service that waits for a gate; where the end comes first, it never begins.
struct Gated: Service {
    let service: any Service
    let gate: Latch

    func run() async throws {
        guard await gate.opens() else { return }
        try await service.run()
    }
}

extension Latch {
    /// - Returns: false where the daemon was asked to go before.
    func opens() async -> Bool {
        await cancelWhenGracefulShutdown {
            await self.wait()
            return !Task.isCancelled
        }
    }
}

extension Daemon {
    /// Runs the daemon by `body`, which runs its services, and the watch over the central beside that.
    ///
    /// The watch outlives the services: where one of them fails, all are cancelled, and the central has to end still.
    package func run(_ body: () async throws -> Void) async throws {
        guard let watch else { return try await body() }
        async let watching: Void = watch.run()
        do {
            try await body()
        } catch {
            await watch.abandon()
            await watching
            throw error
        }
        await watch.abandon()
        await watching
    }
}
