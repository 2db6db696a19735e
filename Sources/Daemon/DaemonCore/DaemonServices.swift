import FleetClient
import FleetModel
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs the supervisor; when the daemon goes down, it ends the workloads or lets go of them.
struct SupervisorService: Service {
    let supervisor: Supervisor
    let leave: ShutdownRequest

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

/// Whether and how the daemon was asked to go; the first who asks says how.
package final class ShutdownRequest: Sendable {
    private let keeping = Once<Bool>()

    package init() {}

    package var keepsWorkloads: Bool { keeping.value ?? false }

    package func ask(keepingWorkloads: Bool) { keeping.set(keepingWorkloads) }

    func wait() async { _ = await keeping.wait() }
}

/// Ends when somebody asked for the end over the socket; that ends the others in their order.
struct LeaveService: Service {
    let leave: ShutdownRequest
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
    let leave: ShutdownRequest

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
        guard await listening.opens(), !Task.isShuttingDownGracefully else {
            // Who asks for the workloads meanwhile gets an answer, so that the daemon can go.
            control.neverBegins()
            return
        }
        // The files are read and the runs of an earlier life found meanwhile: that takes a while, and who says in it that
        // the daemon is to go means that nothing begins.
        try await withGracefulShutdownHandler {
            try await control.begin()
        } onGracefulShutdown: { [supervisor = control.supervisor] in
            supervisor.isLeaving.set()
        }
        begun.countDown()
        manager.ready()
        try? await gracefulShutdown()
    }
}
