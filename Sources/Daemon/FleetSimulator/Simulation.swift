import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetHTTP
import FleetModel
import Glibc
import Logging
import ServiceLifecycle

/// A fleet of hosts that are not there, for a central that is. At a graceful shutdown each says goodbye.
package struct Simulation: Service {
    /// Seconds from a crash until the workload runs again.
    private static let recovery = 1.0...5.0
    private static let mostRecoveries = 1000

    package let plan: SimulationPlan
    package let tally = SimulationTally()
    private let clients: [SimulatedClient]

    /// - Parameters:
    ///   - url: of a central on this machine: the hosts live at loopback addresses.
    ///   - token: for the heartbeats, and what the central has to show to the hosts.
    package init(plan: SimulationPlan, url: String, token: String?, http: HTTPClient, logger: Logger) {
        self.plan = plan
        let time = SystemTime()
        let policy = AccessPolicy(
            grants: token.map { [TokenGrant(apiToken: $0)] } ?? [], anonymous: .status, isLoopbackOnly: true)
        clients = (0..<plan.clients).map { [tally] index in
            let host = SimulatedHost(index: index, plan: plan, time: time)
            return SimulatedClient(
                host: host,
                central: CentralClient(url: url, token: token, http: http, from: host.address),
                policy: policy, plan: plan, tally: tally, logger: logger)
        }
    }

    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { await client.run() } }
            group.addTask { await cancelWhenGracefulShutdown { await crashNowAndThen() } }
            await group.waitForAll()
        }
    }

    private func crashNowAndThen() async {
        guard plan.crashes > 0 else { return }
        var random = SeededRandom(seed: plan.seed)
        await withTaskGroup(of: Void.self) { group in
            var recovering = 0
            while !Task.isCancelled {
                let pause = -log(Double.random(in: 1e-9..<1, using: &random)) / plan.crashes
                guard (try? await Task.sleep(for: .seconds(clamping: min(pause, 60)))) != nil else { break }
                let host = clients[Int.random(in: clients.indices, using: &random)].host
                guard let crashed = host.crash(chance: Double.random(in: 0..<1, using: &random)) else { continue }
                tally.crashed()
                if recovering >= Self.mostRecoveries {
                    await group.next()
                    recovering -= 1
                }
                recovering += 1
                let delay = Double.random(in: Self.recovery, using: &random)
                group.addTask {
                    try? await Task.sleep(for: .seconds(clamping: delay))
                    host.recover(crashed)
                }
            }
            group.cancelAll()
        }
    }
}
