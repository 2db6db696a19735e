import CentralServer
import FleetConfig
import FleetModel
import NIOHTTP1
import Testing

@Suite("Routes of the central", .timeLimit(.minutes(2)))
struct CentralRouteTests {
    @Test("a report makes a client that is online, with its workloads")
    func report() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let workload = Workload(name: "w", type: .agent, runMode: .forever, status: .running)
            let answer = try await central.report("sensor-1") { $0.workloads = [workload] }
            #expect(answer.status == 200)
            #expect(answer.text == #"{"status":"ok"}"#)
            let clients = try await central.ask(.GET, "/api/fleet/clients", token: nil).json([ClientOverview].self)
            #expect(clients.map(\.name) == ["sensor-1"])
            #expect(clients.first?.status == .online)
            #expect(clients.first?.lastSeen == central.clock.now.wall)
            let one = try await central.ask(.GET, "/api/fleet/clients/sensor-1").json(ClientOverview.self)
            #expect([one] == clients)
            let workloads = try await central.ask(.GET, "/api/fleet/clients/sensor-1/workloads").json([Workload].self)
            #expect(workloads == [workload])
            let same = try await central.ask(.GET, "/api/fleet/clients/sensor-1/workloads/w").json(Workload.self)
            #expect(same == workload)
            central.clock.advance(100)
            let later = try await central.ask(.GET, "/api/fleet/clients/sensor-1").json(ClientOverview.self)
            #expect(later.status == .stale)
        }
    }

    @Test(
        "who may do what, from without",
        arguments: [
            (.GET, "/api/health", nil, 200), (.GET, "/api/fleet/clients", nil, 200), (.GET, "/", nil, 200),
            (.GET, "/api/fleet/clients/a/workloads/w/logs", nil, 401), (.GET, "/api/access", nil, 200),
            (.GET, "/api/fleet/clients/a/workloads/w/detail", nil, 401), (.GET, "/api/access", "wrong", 401),
            (.GET, "/api/fleet/audit", nil, 401),
            (.GET, "/api/fleet/audit", "r", 200), (.GET, "/api/fleet/audit", "h", 403),
            (.POST, "/api/fleet/clients/a/reload", nil, 401), (.POST, "/api/fleet/clients/a/reload", "wrong", 401),
            (.POST, "/api/fleet/clients/a/reload", "r", 403), (.POST, "/api/fleet/clients/a/reload", "o", 404),
            (.DELETE, "/api/fleet/clients/a", nil, 401), (.DELETE, "/api/fleet/clients/a", "o", 404),
            (.POST, "/api/heartbeat", nil, 401), (.POST, "/api/heartbeat", "o", 403),
            (.POST, "/api/heartbeat", "h", 400),
            (.GET, "/api/fleet/clients", "wrong", 401), (.POST, "/clients/a/act", nil, 401),
            (.PUT, "/api/fleet/clients", nil, 405), (.GET, "/api/nothing", nil, 404), (.GET, "/nothing", nil, 404),
        ] as [(HTTPMethod, String, String?, Int)])
    func access(method: HTTPMethod, path: String, token: String?, status: Int) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            #expect(try await central.ask(method, path, token: token).status == status)
        }
    }

    @Test(
        "whoever asks is told who that is, and all that it may do",
        arguments: [
            (nil, "anonymous", []), ("r", "reader", [.read]), ("o", "operator", [.read, .operate]),
        ] as [(String?, String, [TokenScope])])
    func who(token: String?, name: String, scopes: [TokenScope]) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let info = try await central.ask(.GET, "/api/access", token: token).json(AccessInfo.self)
            #expect(info == AccessInfo(name: name, scopes: scopes, time: central.clock.now.wall))
        }
    }

    @Test("a token that is bound to a client reports for no other")
    func boundToken() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            #expect(try await central.report("sensor-1", token: "h").status == 200)
            let answer = try await central.report("sensor-2", token: "h")
            #expect(answer.status == 403)
            #expect(answer.detail == "the token 'node' may report for client 'sensor-1' only, not for 'sensor-2'")
            #expect(try await central.ask(.GET, "/api/fleet/clients/sensor-2").status == 404)
        }
    }

    @Test(
        "a report that is wrong is refused with a sentence, and changes nothing",
        arguments: [
            ("not json", "the body is not valid JSON"),
            (#"{"timestamp":"2026-01-01T00:00:00Z","workloads":[]}"#, "'client_name' is missing"),
            (
                #"{"client_name":7,"timestamp":"2026-01-01T00:00:00Z","workloads":[]}"#,
                "'client_name' has a value of the wrong type"
            ),
            (#"{"client_name":"../x","timestamp":"2026-01-01T00:00:00Z","workloads":[]}"#, "'client_name' must be"),
            (#"{"client_name":"a","timestamp":"never","workloads":[]}"#, "'timestamp' has a value that is not allowed"),
            (
                #"{"client_name":"a","timestamp":"0000-01-01T00:00:00+23:59","workloads":[]}"#,
                "'timestamp' has a value that is not allowed"
            ),
            (
                #"{"client_name":"a","timestamp":"2026-01-01T00:00:00Z","workloads":[{"name":"w","type":"agent","run_mode":"forever","status":"running","run_count":0,"last_started":"0000-01-01T00:00:00+23:59"}]}"#,
                "'workloads.0.last_started' has a value that is not allowed"
            ),
            (
                #"{"client_name":"a","timestamp":"2026-01-01T00:00:00Z","workloads":[{"name":"w","next_run":"9999-12-31T23:59:59-00:01"}]}"#,
                "'workloads.0.next_run' has a value that is not allowed"
            ),
            (
                #"{"client_name":"a","timestamp":"2026-01-01T00:00:00Z","workloads":{}}"#,
                "'workloads' has a value of the wrong type"
            ),
        ])
    func badReport(body: String, detail: String) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let answer = try await central.ask(.POST, "/api/heartbeat", body: body)
            #expect(answer.status == 400)
            #expect(answer.detail?.hasPrefix(detail) == true, "\(answer.text)")
            #expect(try await central.ask(.GET, "/api/fleet/clients").text == "[]")
        }
    }

    @Test("a report may have 4 MiB and no more")
    func largeReport() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            let padding = String(repeating: " ", count: 3 << 20)
            let body = #"{"client_name":"a","timestamp":"2026-01-01T00:00:00Z","workloads":[]\#(padding)}"#
            #expect(try await central.ask(.POST, "/api/heartbeat", body: body).status == 200)
            let head = "POST /api/heartbeat HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer all\r\n"
            let answer = try await central.raw(head + "Content-Length: \((4 << 20) + 1)\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(
        "what is not known is a 404 with a sentence",
        arguments: [
            ("/api/fleet/clients/nobody", "there is no client 'nobody' in this fleet"),
            ("/api/fleet/clients/nobody/workloads", "there is no client 'nobody' in this fleet"),
            ("/api/fleet/clients/a/workloads/none", "client 'a' has reported no workload 'none'"),
            ("/api/fleet/clients/nobody/workloads/w/logs", "there is no client 'nobody' in this fleet"),
            ("/api/fleet/clients/..%2f..%2fetc", "there is nothing of that name"),
        ])
    func unknown(path: String, detail: String) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.report("a")
            let answer = try await central.ask(.GET, path)
            #expect(answer.status == 404)
            #expect(answer.detail?.hasPrefix(detail) == true)
        }
    }

    @Test("a forgotten client is gone, here and after a restart")
    func forget() async throws {
        let store = MemoryFleetStore()
        try await TestCentral.run(settings: .guarded, store: store) { central async throws in
            for name in ["a", "b"] { _ = try await central.report(name) }
            #expect(try await central.ask(.DELETE, "/api/fleet/clients/a", token: "o").status == 200)
            #expect(try await central.ask(.DELETE, "/api/fleet/clients/a", token: "o").status == 404)
        }
        try await TestCentral.run(settings: .guarded, store: store) { central async throws in
            let clients = try await central.ask(.GET, "/api/fleet/clients").json([ClientOverview].self)
            #expect(clients.map(\.name) == ["b"])
            #expect(clients.first?.status == .online)
        }
    }

    @Test("changes are in the audit, newest first, and its limit is checked")
    func audit() async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.report("a")
            _ = try await central.ask(.DELETE, "/api/fleet/clients/a", token: "r")
            _ = try await central.ask(.DELETE, "/api/fleet/clients/a", token: "o")
            let entries = try await central.ask(.GET, "/api/fleet/audit?limit=2").json([AuditEntry].self)
            #expect(entries.map(\.result) == ["ok"])
            #expect(entries.first?.who == "operator")
            #expect(entries.first?.action == "forget")
            #expect(entries.first?.target == "a")
            for limit in ["0", "1001", "x"] {
                #expect(try await central.ask(.GET, "/api/fleet/audit?limit=\(limit)").status == 400)
            }
        }
    }

    @Test("a page of another site changes nothing, whatever the key says", arguments: [true, false])
    func crossSite(hasToken: Bool) async throws {
        var settings = hasToken ? CentralSettings.guarded : CentralSettings()
        settings.anonymous = .operate
        try await TestCentral.run(settings: settings) { central async throws in
            let token = hasToken ? "all" : nil
            _ = try await central.report("a", token: token)
            let answer = try await central.ask(
                .DELETE, "/api/fleet/clients/a", token: token, headers: [("Origin", "http://evil.example")])
            #expect(answer.status == 403)
            #expect(try await central.ask(.GET, "/api/fleet/clients/a", token: token).status == 200)
        }
    }

    @Test("without a token everything works")
    func open() async throws {
        try await TestCentral.run { central async throws in
            #expect(try await central.report("a", token: nil).status == 200)
            #expect(try await central.ask(.GET, "/api/fleet/audit", token: nil).status == 200)
            #expect(try await central.ask(.DELETE, "/api/fleet/clients/a", token: nil).status == 200)
        }
    }

    @Test("what was reported survives in the file")
    func persisted() async throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        for _ in 0..<2 {
            let store = try SQLiteFleetStore(path: folder + "/fleet.db")
            try await TestCentral.run(settings: .guarded, store: store) { central async throws in
                _ = try await central.report("a") { $0.deployedVersion = "1.2.0" }
            }
        }
        let store = try SQLiteFleetStore(path: folder + "/fleet.db")
        try await TestCentral.run(settings: .guarded, store: store) { central async throws in
            let client = try await central.ask(.GET, "/api/fleet/clients/a").json(ClientOverview.self)
            #expect(client.deployedVersion == "1.2.0")
        }
    }
}
