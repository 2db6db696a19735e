import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import CentralServer

/// What was asked for is in the picture when the answer comes.
@Suite("Reading what was written", .timeLimit(.minutes(2)))
struct LearningTests {
    /// A daemon with workloads that do as they are told, and report nothing by themselves.
    private final class Host: Sendable {
        /// Of its release 2.0.
        static let digest = String(repeating: "d", count: 64)
        let workloads: Mutex<[Workload]>
        let time = Mutex(Timestamp(seconds: 1_800_000_000))

        init(_ names: String...) {
            workloads = Mutex(names.map { Host.workload($0, .running, at: 1_799_999_000) })
        }

        static func workload(_ name: String, _ status: WorkloadStatus, at seconds: Double, runs: Int = 1) -> Workload {
            var workload = Workload(
                name: name, type: .agent, runMode: .forever, status: status, runCount: runs)
            workload.lastStarted = Timestamp(seconds: seconds)
            return workload
        }

        func act(_ action: WorkloadAction, _ name: String) {
            workloads.withLock { workloads in
                guard let index = workloads.firstIndex(where: { $0.name == name }) else { return }
                let now = time.withLock { time in
                    time = time.advanced(seconds: 1)
                    return time
                }
                switch action {
                case .stop:
                    workloads[index].status = .stopped
                    workloads[index].lastStopped = now
                case .start, .restart:
                    workloads[index].status = .running
                    workloads[index].lastStarted = now
                    workloads[index].runCount += 1
                }
            }
        }

        var routes: Routes {
            var routes = Routes(policy: AccessPolicy(grants: [], anonymous: .operate))
            routes.clientName = "a"
            routes.on(DaemonEndpoint.health, needs: .open) { _, _ in
                try .json(Health(deployedVersion: "2.0", deployedDigest: Host.digest, clientName: "a"))
            }
            routes.on(DaemonEndpoint.list, needs: .status) { [self] _, _ in
                try .json(WorkloadList(workloads: workloads.withLock { $0 }))
            }
            routes.on(DaemonEndpoint.status, needs: .status) { [self] _, context in
                try .json(try #require(workloads.withLock { $0.first { $0.name == context.names[0] } }))
            }
            for action in WorkloadAction.allCases {
                routes.on(DaemonEndpoint.act(action), needs: .operate) { [self] _, context in
                    act(action, context.names[0])
                    return try .json(ActionResult(success: true, message: "done"))
                }
            }
            routes.on(DaemonEndpoint.reload, needs: .operate) { [self] _, _ in
                workloads.withLock { workloads in
                    workloads.removeFirst()
                    workloads.append(Host.workload("new", .running, at: 1_800_000_500))
                }
                return try .json(ReloadResult(changes: ReloadChanges()))
            }
            return routes
        }
    }

    private static func with(
        _ host: Host, _ body: @Sendable @escaping (TestCentral) async throws -> Void
    ) async throws {
        try await FakeDaemon.run(host.routes) { port async throws in
            var client = InventoryClient(name: "a", host: "127.0.0.1")
            client.apiPort = port
            var inventory = Inventory()
            inventory.clients = [client]
            try await TestCentral.run(settings: .guarded, inventory: inventory) { central async throws in
                _ = try await central.report("a") { $0.workloads = host.workloads.withLock { $0 } }
                try await body(central)
            }
        }
    }

    private static let path = "/api/fleet/clients/a/workloads/w"

    @Test("after each action the API, the stream and the list know it, without a report")
    func actions() async throws {
        let host = Host("w", "other")
        try await Self.with(host) { central async throws in
            for turn in 0..<20 {
                let (action, status) = turn.isMultiple(of: 2) ? ("stop", WorkloadStatus.stopped) : ("start", .running)
                let position = central.state.events.position
                #expect(try await central.ask(.POST, "\(Self.path)/\(action)").status == 200)
                #expect(try await central.ask(.GET, Self.path).json(Workload.self).status == status)
                let overview = try await central.ask(.GET, "/api/fleet/clients/a").json(ClientOverview.self)
                #expect(overview.workloadsRunning == (status == .running ? 2 : 1))
                guard case .events(let events, _) = central.state.events.read(after: position, seesGuarded: false)
                else {
                    Issue.record("there are no events")
                    continue
                }
                #expect(String(buffer: events).contains(#""status":"\#(status.rawValue)""#))
            }
        }
    }

    @Test("a report that was on its way meanwhile does not bring back what was, and the next one counts")
    func overtaken() async throws {
        let host = Host("w")
        try await Self.with(host) { central async throws in
            let before = host.workloads.withLock { $0 }
            #expect(try await central.ask(.POST, "\(Self.path)/stop").status == 200)
            _ = try await central.report("a") { $0.workloads = before }
            #expect(try await central.ask(.GET, Self.path).json(Workload.self).status == .stopped)
            // By itself it has started again: that is newer.
            host.act(.start, "w")
            _ = try await central.report("a") { $0.workloads = host.workloads.withLock { $0 } }
            #expect(try await central.ask(.GET, Self.path).json(Workload.self).status == .running)
            // What was learnt counts no longer, whatever a report says then.
            central.clock.advance(3)
            _ = try await central.report("a") { $0.workloads = before }
            #expect(try await central.ask(.GET, Self.path).json(Workload.self).runCount == 1)
        }
    }

    @Test("a reload is in the picture with what it added, removed and restarted, and the release in use")
    func reload() async throws {
        let host = Host("w", "other")
        try await Self.with(host) { central async throws in
            let before = host.workloads.withLock { $0 }
            #expect(try await central.ask(.POST, "/api/fleet/clients/a/reload").status == 200)
            func names() async throws -> [String] {
                try await central.ask(.GET, "/api/fleet/clients/a/workloads").json([Workload].self).map(\.name)
            }
            #expect(try await names() == ["other", "new"])
            let overview = try await central.ask(.GET, "/api/fleet/clients/a").json(ClientOverview.self)
            #expect(overview.deployedVersion == "2.0" && overview.workloadCount == 2)
            #expect(overview.deployedDigest == Host.digest, "never the digest of another release beside the version")
            _ = try await central.report("a") { $0.workloads = before }
            #expect(try await names() == ["other", "new"])
            central.clock.advance(3)
            _ = try await central.report("a") { $0.workloads = before }
            #expect(try await names() == ["w", "other"])
        }
    }

    @Test("the page without a script shows the state of after")
    func page() async throws {
        let host = Host("w")
        try await Self.with(host) { central async throws in
            let login = try await central.ask(
                .POST, "/login", token: nil, body: "token=all",
                headers: [("Content-Type", "application/x-www-form-urlencoded")])
            let cookie = String(login.headers["set-cookie"].first?.prefix { $0 != ";" } ?? "")
            for turn in 0..<8 {
                let (action, shown) = turn.isMultiple(of: 2) ? ("stop", "stopped") : ("start", "running")
                let page = try await central.ask(.GET, "/clients/a", token: nil, headers: [("Cookie", cookie)])
                let confirm = try await central.ask(
                    .GET, "/clients/a/confirm?action=\(action)&workload=w", token: nil, headers: [("Cookie", cookie)])
                let form =
                    confirm.text.split(separator: "name=\"form_token\" value=\"").dropFirst().first
                    .map { String($0.prefix { $0 != "\"" }) } ?? ""
                #expect(page.status == 200 && !form.isEmpty)
                let after = try await central.ask(
                    .POST, "/clients/a/act", token: nil, body: "action=\(action)&workload=w&form_token=\(form)",
                    headers: [
                        ("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded"),
                        ("Sec-Fetch-Site", "same-origin"),
                    ])
                var answer = after
                if after.status == 303 {
                    let target = after.headers["location"].first ?? "/clients/a"
                    answer = try await central.ask(.GET, target, token: nil, headers: [("Cookie", cookie)])
                }
                #expect(answer.text.contains(#"<td class="\#(shown)">\#(shown)</td>"#), "\(answer.status) \(turn)")
            }
        }
    }
}
