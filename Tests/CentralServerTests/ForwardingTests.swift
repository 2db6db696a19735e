import CentralServer
import FleetConfig
import FleetHTTP
import FleetModel
import Glibc
import HTTPTypes
import Hummingbird
import NIOHTTP1
import Synchronization
import Testing

@Suite("Passing requests on to daemons", .timeLimit(.minutes(2)))
struct ForwardingTests {
    /// A daemon that wants the token `daemon-secret`.
    static func daemon() -> Routes {
        var routes = Routes(
            policy: AccessPolicy(grants: [TokenGrant(apiToken: "daemon-secret")], anonymous: .none))
        routes.clientName = "a"
        for action in WorkloadAction.allCases {
            routes.on(DaemonEndpoint.act(action), needs: .operate) { request, context in
                guard context.names[0] != "missing" else {
                    throw APIError.notFound("there is no workload 'missing' here")
                }
                return try .json(ActionResult(success: true, message: request.uri.path))
            }
        }
        routes.on(DaemonEndpoint.reload, needs: .operate) { _, _ in
            throw APIError.invalidConfiguration([ConfigIssue(file: "a.yaml", line: 1, column: 2, message: "no")])
        }
        routes.on(DaemonEndpoint.status, needs: .status) { _, context in
            let workload = Workload(name: context.names[0], type: .agent, runMode: .forever, status: .running)
            let spec = WorkloadSpec(name: context.names[0], program: .command(["sleep", "1"]))
            return try .json(WorkloadDetail(workload, spec: spec))
        }
        routes.on(DaemonEndpoint.logs, needs: .read) { request, context in
            guard try request.flag("follow") else {
                return try .json(LogLines(name: context.names[0], lines: ["lines=\(try request.lines())"]))
            }
            let from = Int(request.headers[.lastEventID] ?? "0") ?? 0
            let (events, source) = AsyncStream<[ServerSentEvent]>.makeStream()
            for number in from + 1...from + 3 {
                source.yield([ServerSentEvent(id: "\(number)", data: "line \(number)")])
            }
            source.finish()
            return try .events(events, of: request, in: context)
        }
        return routes
    }

    static func inventory(port: Int, token: String? = "daemon-secret", host: String = "127.0.0.1") -> Inventory {
        var client = InventoryClient(name: "a", host: host)
        client.apiPort = port
        client.apiToken = token
        var inventory = Inventory()
        inventory.clients = [client]
        return inventory
    }

    private static func withBoth(_ body: @Sendable @escaping (TestCentral) async throws -> Void) async throws {
        try await FakeDaemon.run(daemon()) { port in
            try await TestCentral.run(settings: .guarded, inventory: inventory(port: port), body)
        }
    }

    @Test(
        "start, stop and restart arrive, with the client's own token, and are audited",
        arguments: ["start", "stop", "restart"])
    func actions(action: String) async throws {
        try await Self.withBoth { central async throws in
            let answer = try await central.ask(.POST, "/api/fleet/clients/a/workloads/w/\(action)", token: "o")
            #expect(answer.status == 200)
            #expect(try answer.json(ActionResult.self) == ActionResult(success: true, message: "/api/\(action)/w"))
            let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
            #expect(audit.map { [$0.who, $0.action, $0.target, $0.result] } == [["operator", action, "a/w", "ok"]])
        }
    }

    @Test("the whole definition of a workload comes from its daemon")
    func detail() async throws {
        try await Self.withBoth { central async throws in
            let answer = try await central.ask(.GET, "/api/fleet/clients/a/workloads/w/detail", token: "r")
            #expect(try answer.json(WorkloadDetail.self).command == ["sleep", "1"])
        }
    }

    @Test("the daemon's refusals are passed on, status and all")
    func refusals() async throws {
        try await Self.withBoth { central async throws in
            let missing = try await central.ask(.POST, "/api/fleet/clients/a/workloads/missing/start")
            #expect(missing.status == 404)
            #expect(missing.detail == "there is no workload 'missing' here")
            let reload = try await central.ask(.POST, "/api/fleet/clients/a/reload")
            #expect(reload.status == 422)
            #expect(try reload.json(ErrorAnswer.self).errors?.first?.file == "a.yaml")
        }
    }

    @Test("logs are passed on; how many lines is checked here")
    func logs() async throws {
        try await Self.withBoth { central async throws in
            let path = "/api/fleet/clients/a/workloads/w/logs"
            let logs = try await central.ask(.GET, path + "?lines=7", token: "r").json(LogLines.self)
            #expect(logs == LogLines(name: "w", lines: ["lines=7"]))
            #expect(try await central.ask(.GET, path + "?lines=0", token: "r").status == 400)
        }
    }

    @Test("a followed log streams through, and goes on where the reader was")
    func follow() async throws {
        try await Self.withBoth { central async throws in
            let path = "/api/fleet/clients/a/workloads/w/logs?follow=true"
            let first = try await central.ask(.GET, path, token: "r")
            #expect(first.headers["content-type"] == ["text/event-stream; charset=utf-8"])
            #expect(first.text.contains("id: 3\ndata: line 3\n\n"))
            let second = try await central.ask(.GET, path, token: "r", headers: [("Last-Event-ID", "3")])
            #expect(second.text.contains("id: 4\ndata: line 4\n\n"))
            #expect(!second.text.contains("id: 3\n"))
        }
    }

    /// A port that is taken, so that no other test gets it, and where nobody listens.
    private static func boundPort() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, size) == 0 ? getsockname(descriptor, raw, &size) : -1
            }
        }
        try #require(result == 0)
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// How a daemon says which client it is: in each answer, as an older one only at its health, or not at all.
    enum Introduction: CaseIterable { case header, health, none }

    private static func stranger(_ name: String, _ introduction: Introduction, _ done: Shared) -> Routes {
        var routes = Routes(policy: AccessPolicy(grants: [], anonymous: .operate))
        if introduction == .header { routes.clientName = name }
        routes.on(DaemonEndpoint.health, needs: .open) { _, _ in
            try .json(Health(version: "1", clientName: introduction == .none ? nil : name))
        }
        for action in WorkloadAction.allCases {
            routes.on(DaemonEndpoint.act(action), needs: .operate) { _, context in
                done.list.withLock { $0.append(action.rawValue) }
                return try .json(ActionResult(success: true, message: context.names[0]))
            }
        }
        routes.on(DaemonEndpoint.logs, needs: .read) { _, _ in
            try .json(LogLines(name: "w", lines: ["what only '\(name)' should tell"]))
        }
        return routes
    }

    @Test(
        "what is meant for one client is neither done nor told by another that has its address",
        arguments: Introduction.allCases)
    func otherHost(introduction: Introduction) async throws {
        let done = Shared()
        try await FakeDaemon.run(Self.stranger("our-pi", introduction, done)) { port in
            try await TestCentral.run(settings: .guarded, inventory: Self.inventory(port: port)) {
                central async throws in
                for (method, path) in [(HTTPMethod.POST, "stop"), (.POST, "restart"), (.GET, "logs"), (.POST, "stop")] {
                    let answer = try await central.ask(method, "/api/fleet/clients/a/workloads/w/\(path)")
                    #expect(answer.status == 502)
                    #expect(!answer.text.contains("only"))
                    let reason =
                        introduction == .none ? "does not say which client it is" : "what answers is client 'our-pi'"
                    #expect(answer.detail?.contains(reason) == true, "\(answer.text)")
                }
                let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
                #expect(audit.map { $0.result == "ok" } == [false, false, false])
            }
        }
        #expect(done.list.withLock { $0 } == [])
    }

    @Test("an older daemon, which names itself only when asked, is asked", arguments: [Introduction.header, .health])
    func olderDaemon(introduction: Introduction) async throws {
        let done = Shared()
        try await FakeDaemon.run(Self.stranger("a", introduction, done)) { port in
            try await TestCentral.run(settings: .guarded, inventory: Self.inventory(port: port)) {
                central async throws in
                for action in ["stop", "start"] {
                    #expect(try await central.ask(.POST, "/api/fleet/clients/a/workloads/w/\(action)").status == 200)
                }
                #expect(try await central.ask(.GET, "/api/fleet/clients/a/workloads/w/logs").status == 200)
            }
        }
        #expect(done.list.withLock { $0 } == ["stop", "start"])
    }

    @Test("a daemon that is not there is a 502 that names it")
    func unreachable() async throws {
        let (closed, port) = try Self.boundPort()
        defer { close(closed) }
        try await TestCentral.run(settings: .guarded, inventory: Self.inventory(port: port)) { central async throws in
            let answer = try await central.ask(.POST, "/api/fleet/clients/a/reload")
            #expect(answer.status == 502)
            #expect(answer.detail?.hasPrefix("client 'a' (127.0.0.1:\(port)) cannot be reached: ") == true)
            let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
            #expect(audit.first?.result == answer.detail)
        }
    }

    @Test("a daemon that wants another token is a 502 that says which key to set")
    func wrongToken() async throws {
        try await FakeDaemon.run(Self.daemon()) { port in
            let inventory = Self.inventory(port: port, token: nil)
            try await TestCentral.run(settings: .guarded, inventory: inventory) { central async throws in
                let answer = try await central.ask(.POST, "/api/fleet/clients/a/reload")
                #expect(answer.status == 502)
                #expect(
                    answer.detail?.hasSuffix("does not accept the central's token: set its api_token in the inventory")
                        == true)
            }
        }
    }

    @Test("a client that is not in the inventory is reached where its authenticated report came from")
    func reported() async throws {
        try await FakeDaemon.run(Self.daemon()) { port in
            var settings = CentralSettings.guarded
            settings.apiToken = "daemon-secret"
            try await TestCentral.run(settings: settings) { central async throws in
                _ = try await central.report("a", token: "daemon-secret") { $0.apiPort = port }
                let answer = try await central.ask(
                    .POST, "/api/fleet/clients/a/workloads/w/start", token: "daemon-secret")
                #expect(answer.status == 200)
            }
        }
    }

    private static let reached = [
        (HTTPMethod.POST, "/api/fleet/clients/sensor-1/reload"),
        (.POST, "/api/fleet/clients/sensor-1/workloads/w/stop"),
        (.GET, "/api/fleet/clients/sensor-1/workloads/w/logs"),
        (.GET, "/api/fleet/clients/sensor-1/workloads/w/logs?follow=true"),
        (.GET, "/api/fleet/clients/sensor-1/workloads/w/detail"),
    ]

    @Test(
        "nothing goes to an address that a report of a client-bound token named: no token, no command",
        arguments: [true, false])
    func noTokenToBoundClients(hasAPIToken: Bool) async throws {
        let seen = Seen()
        try await FakeDaemon.run(seen.routes()) { port in
            var settings = CentralSettings.guarded
            if !hasAPIToken { settings.apiToken = nil }
            try await TestCentral.run(settings: settings) { central async throws in
                let report = try await central.report("sensor-1", token: "h") {
                    $0.advertiseHost = "127.0.0.1"
                    $0.apiPort = port
                }
                #expect(report.status == 200)
                for (method, path) in Self.reached {
                    let answer = try await central.ask(method, path, token: method == .GET ? "r" : "o")
                    #expect(answer.status == 502, "\(path)")
                    #expect(answer.detail?.hasSuffix("put the client into the inventory") == true, "\(path)")
                }
            }
        }
        #expect(seen.requests == [])
    }

    @Test("a new api_token goes to no address that only the old one had named, however often the central starts")
    func noTokenAfterRotation() async throws {
        let (seen, store) = (Seen(), MemoryFleetStore())
        try await FakeDaemon.run(seen.routes()) { port in
            var settings = CentralSettings()
            for (token, expected) in [("the-old-token", 404), ("the-old-token", 404), ("the-new-token", 502)] {
                settings.apiToken = token
                let isFirst = seen.requests.isEmpty
                try await TestCentral.run(settings: settings, store: store) { central async throws in
                    if isFirst { _ = try await central.report("a", token: token) { $0.apiPort = port } }
                    #expect(
                        try await central.ask(.POST, "/api/fleet/clients/a/reload", token: token).status == expected)
                }
            }
        }
        #expect(seen.requests == ["POST Bearer the-old-token", "POST Bearer the-old-token"])
    }

    @Test("a token is never sent to an address that a report without one named")
    func noTokenToStrangers() async throws {
        let store = MemoryFleetStore()
        try await FakeDaemon.run(Self.daemon()) { port in
            // Reported while the central had no token; since then it has one.
            try await TestCentral.run(store: store) { central async throws in
                _ = try await central.report("a", token: nil) { $0.apiPort = port }
            }
            try await TestCentral.run(settings: .guarded, store: store) { central async throws in
                let answer = try await central.ask(.POST, "/api/fleet/clients/a/reload")
                #expect(answer.status == 502)
                #expect(answer.detail?.contains("put the client into the inventory") == true)
            }
        }
    }
}

/// What arrived where a report says that its client is.
private final class Shared: Sendable {
    let list = Mutex<[String]>([])
}

private final class Seen: Sendable {
    private let list = Mutex<[String]>([])
    var requests: [String] { list.withLock { $0 } }

    func routes() -> Routes {
        var routes = Routes(
            gate: { [self] _, request, _ in
                list.withLock { $0.append("\(request.method.rawValue) \(request.headers[.authorization] ?? "-")") }
                throw APIError.notFound("nothing")
            })
        routes.clientName = "a"
        let nothing: Routes.Handler = { _, _ in throw APIError.notFound("nothing") }
        for action in WorkloadAction.allCases {
            routes.on(DaemonEndpoint.act(action), needs: .operate, use: nothing)
        }
        routes.on(DaemonEndpoint.reload, needs: .operate, use: nothing)
        routes.on(DaemonEndpoint.status, needs: .operate, use: nothing)
        routes.on(DaemonEndpoint.logs, needs: .operate, use: nothing)
        return routes
    }
}
