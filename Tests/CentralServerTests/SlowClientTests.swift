import CentralServer
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import Foundation
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Synchronization
import Testing

/// Clients that do not come to an end: each wait for them has one, and nobody else waits with it.
@Suite("Clients that are slow", .timeLimit(.minutes(5)))
struct SlowClientTests {
    private static let client = "/api/fleet/clients/a"
    /// Far from one another, so that each is known by what it lets pass.
    private static let limits = TimeLimits(prompt: 1, patient: 60, report: 1, ending: 0.5)

    private static func daemon(_ answer: @escaping @Sendable () async throws -> Response) -> Routes {
        var routes = Routes(policy: AccessPolicy(grants: [], anonymous: .operate))
        routes.clientName = "a"
        routes.on(DaemonEndpoint.health, needs: .open) { _, _ in try .json(Health(version: "1", clientName: "a")) }
        routes.on(DaemonEndpoint.logs, needs: .open) { _, _ in try await answer() }
        routes.on(DaemonEndpoint.status, needs: .open) { _, _ in try await answer() }
        routes.on(DaemonEndpoint.reload, needs: .open) { _, _ in try await answer() }
        for action in WorkloadAction.allCases {
            routes.on(DaemonEndpoint.act(action), needs: .open) { _, _ in try await answer() }
        }
        return routes
    }

    @Test(
        "an answer that comes byte by byte ends as a whole, with 504 and a sentence (R6)",
        arguments: [
            (HTTPMethod.GET, "/workloads/w/logs", "1"), (.GET, "/workloads/w/detail", "1"), (.POST, "/reload", "0.5"),
            (.POST, "/workloads/w/start", "0.5"), (.POST, "/workloads/w/restart", "0.5"),
        ])
    func dribbling(method: HTTPMethod, path: String, seconds: String) async throws {
        try await FakeDaemon.run(Self.daemon { DeployRig.dribble }) { port in
            try await TestCentral.run(
                settings: .guarded, inventory: ForwardingTests.inventory(port: port), limits: Self.limits
            ) { central async throws in
                let start = ContinuousClock.now
                let answer = try await central.ask(method, Self.client + path)
                #expect(ContinuousClock.now - start < .seconds(20))
                #expect(answer.status == 504)
                #expect(
                    answer.detail?.hasPrefix("client 'a' ") == true
                        && answer.detail?.hasSuffix(
                            " within \(seconds) s; what was asked of it may still happen") == true,
                    "\(answer.text)")
            }
        }
    }

    @Test("a central that goes down does not wait for clients, and says so to whoever asked (R6)")
    func goingDown() async throws {
        let asked = Mutex(0)
        let silence: @Sendable () async throws -> Response = {
            asked.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(3600))
            return DeployRig.dribble
        }
        try await FakeDaemon.run(Self.daemon(silence)) { port in
            let waiting = Mutex<[Task<TestCentral.Answer, any Error>]>([])
            let end = try await TestCentral.run(
                settings: .guarded, inventory: ForwardingTests.inventory(port: port)
            ) { central async throws in
                for path in ["/reload", "/workloads/w/stop", "/workloads/w/restart"] {
                    let task = Task { try await central.ask(.POST, Self.client + path) }
                    waiting.withLock { $0.append(task) }
                }
                while asked.withLock({ $0 < 3 }) { try await Task.sleep(for: .milliseconds(5)) }
                return ContinuousClock.now
            }
            // 2 s and less; a machine that is busy with other tests takes longer. They would have 120 s.
            #expect(ContinuousClock.now - end < .seconds(30))
            for task in waiting.withLock({ $0 }) {
                let answer = try await task.value
                #expect(answer.status == 503, "\(answer.text)")
                #expect(answer.detail?.contains("going down") == true)
            }
        }
    }

    @Test("a name that no name server answers for is told, and no other client waits for it (R8)")
    func hungName() async throws {
        let hung = DispatchSemaphore(value: 0)
        let names = HostNames(limit: 2) { name in
            if name == "hung.lan" { hung.wait() }
            return name == "unknown.lan" ? .unknown : .addresses(["127.0.0.1"])
        }
        try await FakeDaemon.run(ForwardingTests.daemon()) { port in
            var inventory = ForwardingTests.inventory(port: port, host: "good.lan")
            for (name, host) in [("hung", "hung.lan"), ("unknown", "unknown.lan")] {
                var client = inventory.clients[0]
                (client.name, client.host) = (name, host)
                inventory.clients.append(client)
            }
            try await TestCentral.run(settings: .guarded, inventory: inventory, names: names) { central async throws in
                async let slow = central.ask(.GET, "/api/fleet/clients/hung/workloads/w/logs")
                for _ in 0..<3 {
                    let answer = try await central.ask(.GET, Self.client + "/workloads/w/logs")
                    #expect(answer.status == 200, "\(answer.text)")
                }
                let unknown = try await central.ask(.POST, "/api/fleet/clients/unknown/reload")
                #expect(unknown.status == 502)
                #expect(
                    unknown.detail
                        == "client 'unknown' (unknown.lan:\(port)) cannot be reached: its name could not be looked up: "
                        + "'unknown.lan' is known neither to a name server nor to /etc/hosts")
                let answer = try await slow
                #expect(answer.status == 502)
                #expect(
                    answer.detail?.hasSuffix(
                        "its name could not be looked up: no name server has answered for 'hung.lan' within 2 s")
                        == true, "\(answer.text)")
            }
        }
        hung.signal()
    }
}

/// A hundred of two hundred clients dribble their answer to a reload, a half of each batch.
@Suite("A deployment among clients that are slow", .timeLimit(.minutes(5)), .serialized)
struct SlowDeploymentTests {
    private static let names = (0..<200).map { "n\($0)" }
    @Sendable private static func isSlow(_ name: String) -> Bool { (Int(name.dropFirst()) ?? 0) % 2 == 1 }

    private static func withFleet<Value: Sendable>(
        _ body: @escaping @Sendable (TestCentral, String) async throws -> Value, more: String
    ) async throws -> Value {
        try await DeployRig.with(change: { rig in
            rig.names = names
            rig.reload = { name in
                isSlow(name) ? DeployRig.dribble : try .json(ReloadResult(changes: ReloadChanges()))
            }
        }) { rig in
            try await rig.run { central async throws in
                let list = names.map { "\"\($0)\"" }.joined(separator: ",")
                let answer = try await central.ask(
                    .POST, "/api/fleet/deployments",
                    body: """
                        {"version":"2.0","target_clients":[\(list)],"batch_size":50,"min_healthy_seconds":0,
                        "health_check_timeout":60\(more)}
                        """)
                let id = try #require(try answer.json(DeploymentStatus.self).id, "\(answer.text)")
                return try await body(central, id)
            }
        }
    }

    @Sendable private static func slowOnesAreAsked(_ status: DeploymentStatus) -> Bool {
        status.clientStatuses.prefix(50).filter { isSlow($0.clientName) }.allSatisfy { $0.status == .deployed }
    }

    @Test("the others finish as if they were alone")
    func others() async throws {
        try await Self.withFleet(
            { central, id in
                let half = try await central.until(id) { status in
                    status.clientStatuses.prefix(50).filter { !Self.isSlow($0.clientName) }
                        .allSatisfy { $0.status == .healthy }
                }
                let slow = half.clientStatuses.prefix(50).filter { Self.isSlow($0.clientName) }
                #expect(slow.allSatisfy { !$0.status.isSettled }, "nobody has waited for them")
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .completed, "\(ended.error ?? "")")
                for client in ended.clientStatuses {
                    #expect(client.status == (Self.isSlow(client.clientName) ? .failed : .healthy))
                }
                #expect(
                    ended.error?.contains("came to no end of its answer within 5 s") == true, "\(ended.error ?? "")")
            }, more: #","auto_rollback":false,"max_failures":100"#)
    }

    @Test("a cancel comes to its end, and those that answer have what they had")
    func cancel() async throws {
        try await Self.withFleet(
            { central, id in
                _ = try await central.until(id, Self.slowOnesAreAsked)
                let start = ContinuousClock.now
                _ = try await central.ask(.POST, "/api/fleet/deployments/\(id)/cancel")
                let ended = try await central.untilEnded(id)
                // 8 s and less; a machine that is busy with other tests takes longer. They would have 60 s and more.
                #expect(ContinuousClock.now - start < .seconds(25))
                #expect(ended.status == .cancelled)
                for client in ended.clientStatuses.prefix(50) {
                    #expect(
                        client.status == (Self.isSlow(client.clientName) ? .rollbackFailed : .rolledBack), "\(client)")
                }
                #expect(ended.clientStatuses.dropFirst(50).allSatisfy { $0.status == .skipped })
            }, more: "")
    }

    @Test("going down does not wait for them")
    func down() async throws {
        let end = try await Self.withFleet(
            { central, id in
                _ = try await central.until(id, Self.slowOnesAreAsked)
                return ContinuousClock.now
            }, more: "")
        // 2 s and less, with the end of the pretended daemons; a machine that is busy with other tests takes longer.
        #expect(ContinuousClock.now - end < .seconds(20))
    }
}
