import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetHTTP
import FleetModel
import Logging
import ServiceLifecycle

/// A simulated host with the network side of a real daemon: the same listener, the same reporter.
struct SimulatedClient: Sendable {
    /// Seconds: how long a host behaves, and then misbehaves.
    private static let calm = 20.0...120.0
    private static let trouble = 20.0...150.0

    let host: SimulatedHost
    let central: CentralClient
    let policy: AccessPolicy
    let plan: SimulationPlan
    let tally: SimulationTally
    let logger: Logger

    /// Lives until a graceful shutdown, or until the task is cancelled, which is as if its plug was pulled.
    func run() async {
        await sleep(plan.comesUp(host.index))
        switch plan.misbehaviour(of: host.index) {
        case nil: await live(for: nil)
        case .restarting?:
            while !isEnding {
                await live(for: seconds(in: Self.calm))
                guard !isEnding else { return }
                host.reboot()
                await sleep(seconds(in: Self.trouble) / 5)
            }
        case let misbehaviour?:
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await live(for: nil) }
                group.addTask {
                    while !isEnding {
                        await sleep(seconds(in: Self.calm))
                        host.set(misbehaviour)
                        await sleep(seconds(in: Self.trouble))
                        host.set(nil)
                    }
                }
                await group.waitForAll()
            }
        }
    }

    private var isEnding: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    private func sleep(_ seconds: Double) async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(clamping: seconds)) }
    }

    /// One life of the daemon.
    private func live(for seconds: Double?) async {
        let bound = Once<Void>()
        let listener = HTTPListener(
            SimulatedRoutes.make(for: host, policy: policy), at: .tcp(host: host.address, port: 0), logger: logger,
            onListening: { port in
                if let port { host.bound(to: port) }
                bound.set()
            })
        let reporter = HeartbeatReporter(
            sender: Sender(client: self), compose: { sequence, _ in host.heartbeat(sequence: sequence) },
            changes: host.changes, time: SystemTime(), interval: plan.interval,
            chance: host.chance, saysGoodbye: { true }, logger: logger)
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do { try await listener.run() } catch { tally.failed("\(error)") }
                // At a graceful shutdown the port may close first; the goodbye is still to be said.
                return !bound.isSet
            }
            group.addTask {
                guard await bound.wait() != nil else { return true }
                await reporter.run()
                return true
            }
            if let seconds {
                group.addTask {
                    try? await Task.sleep(for: .seconds(clamping: seconds))
                    return true
                }
            }
            for await isOver in group where isOver { break }
            group.cancelAll()
        }
    }

    private func seconds(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + host.chance() * (range.upperBound - range.lowerBound)
    }

    /// The way to the central, with the host's mood in between.
    private struct Sender: HeartbeatSender {
        private static let slowness = 3.0
        let client: SimulatedClient

        func send(_ heartbeat: Heartbeat) async throws {
            switch client.host.mood {
            case .silent: return
            case .slow: try await Task.sleep(for: .seconds(clamping: Self.slowness * client.host.chance()))
            case .restarting, nil: break
            }
            do {
                try await client.central.send(heartbeat)
                client.tally.arrived(from: client.host.index)
            } catch {
                client.tally.failed("\(error)")
                throw error
            }
        }
    }
}
