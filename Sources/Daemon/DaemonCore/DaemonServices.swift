import FleetModel
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Runs the supervisor; when the daemon goes down, it ends the workloads or lets go of them.
struct SupervisorService: Service {
    let supervisor: Supervisor
    let leave: LeaveTaking

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await supervisor.run() }
            group.addTask {
                guard (try? await gracefulShutdown()) != nil else { return }
                await supervisor.shutdown(keepingWorkloads: leave.keepsWorkloads)
            }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Whether and how the daemon was asked to go.
package final class LeaveTaking: Sendable {
    private let keeping = Mutex(false)
    private let asked: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() { (asked, continuation) = AsyncStream.makeStream() }

    package var keepsWorkloads: Bool { keeping.withLock { $0 } }

    package func ask(keepingWorkloads: Bool) {
        keeping.withLock { $0 = keepingWorkloads }
        continuation.finish()
    }

    func wait() async {
        for await _ in asked {}
    }
}

/// Ends when somebody asked for the end over the socket; that ends the others in their order.
struct LeaveService: Service {
    let leave: LeaveTaking
    let manager: ServiceManager

    func run() async {
        await cancelWhenGracefulShutdown { await leave.wait() }
        // The first of all services to hear of the end, whoever asked for it.
        manager.stopping()
    }
}

/// SIGHUP reloads.
struct HangupService: Service {
    let control: DaemonControl
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                // What is wrong with the files has been logged.
                _ = try? await control.reload()
            }
        }
    }
}

/// SIGUSR1 ends the daemon and leaves the workloads: what a service manager sends that restarts it.
struct KeepingService: Service {
    let leave: LeaveTaking

    func run() async {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sigusr1) { leave.ask(keepingWorkloads: true) }
        }
    }
}

/// Begins the workloads once every address is bound: a daemon that can't serve must not have started anything.
struct BeginService: Service {
    let control: DaemonControl
    let listening: Latch
    /// Opened once there is something to report.
    let begun: Latch
    let manager: ServiceManager

    /// - Throws: where the stored state can't be read.
    func run() async throws {
        guard await listening.opens(), !Task.isCancelled else {
            // Who asks for the workloads meanwhile gets an answer, so that the daemon can go.
            control.neverBegins()
            return
        }
        try await control.begin()
        begun.countDown()
        manager.ready()
        try? await gracefulShutdown()
    }
}
