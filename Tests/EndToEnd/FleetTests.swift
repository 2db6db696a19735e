import FleetModel
import Foundation
import TestSupport
import Testing

/// A central and clients, each the real program in a folder of its own, on loopback.
struct SmallFleet {
    static let token = "a-token-of-the-test"
    let control: TestHost
    let client: TestHost
    let url: String

    /// - Parameter central: further lines of the section `central`.
    static func start(_ hosts: [TestHost], central: String = "", interval: Double = 1) async throws -> SmallFleet {
        let (control, client) = (hosts[0], hosts[1])
        try control.write(
            """
            central:
              enabled: true
              host: 127.0.0.1
              port: 0
              api_token: \(token)
              stale_threshold_seconds: 2
            \(central)
            """, to: "configs/daemon.yaml")
        try await control.up()
        let url = "http://127.0.0.1:\(try await control.port(of: "central"))"
        try client.write(
            """
            fleet:
              enabled: true
              client_name: sensor-node-1
              api_host: 127.0.0.1
              api_port: 0
              central_api_url: \(url)
              heartbeat_interval_seconds: \(interval)
              api_token: \(token)
            """, to: "configs/daemon.yaml")
        try client.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
        try await client.up()
        return SmallFleet(control: control, client: client, url: url)
    }

    func get(_ path: String, token: String? = token) async throws -> TestHost.Answer {
        try await request("GET", path, token: token)
    }

    func post(_ path: String, body: String? = nil, token: String? = token) async throws -> TestHost.Answer {
        try await request("POST", path, body: body, token: token)
    }

    private func request(
        _ method: String, _ path: String, body: String? = nil, token: String?
    ) async throws -> TestHost.Answer {
        var arguments = ["-X", method, url + path]
        if let token { arguments += ["-H", "Authorization: Bearer \(token)"] }
        if let body { arguments += ["-H", "Content-Type: application/json", "-d", body] }
        return try await control.curl(arguments)
    }

    func overview() async throws -> ClientOverview? {
        try await get("/api/fleet/clients").decoded([ClientOverview].self).first { $0.name == "sensor-node-1" }
    }

    func untilOverview(_ what: String, _ isSo: (ClientOverview) -> Bool) async throws -> ClientOverview {
        try await until("the central says the client \(what)") {
            guard let overview = try await overview(), isSo(overview) else { return nil }
            return overview
        }
    }
}

@Suite("A central and a client, with the real program")
struct FleetTests {
    static let workload = "/api/fleet/clients/sensor-node-1/workloads/ticker"

    @Test("the guide's walk: the fleet, a workload's state, stop, start, restart, logs and reload through the central")
    func walk() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            let overview = try await fleet.untilOverview("runs one workload") { $0.workloadsRunning == 1 }
            #expect(overview.status == .online)
            #expect((overview.system?.memoryTotalMB ?? 0) > 0)
            #expect(overview.programVersion == ProgramVersion.current)

            let stopped = try await fleet.post(Self.workload + "/stop").decoded(ActionResult.self)
            #expect(stopped == ActionResult(success: true, message: "Stopped workload 'ticker'"))
            _ = try await fleet.untilOverview("runs none") { $0.workloadsRunning == 0 }
            #expect(try await fleet.get(Self.workload).decoded(Workload.self).status == .stopped)
            #expect(try await fleet.post(Self.workload + "/start").decoded(ActionResult.self).success)
            #expect(try await fleet.post(Self.workload + "/restart").decoded(ActionResult.self).success)
            _ = try await fleet.untilOverview("runs it again") { $0.workloadsRunning == 1 }

            let logs = try await fleet.get(Self.workload + "/logs?lines=5").decoded(LogLines.self)
            #expect(logs.name == "ticker")
            #expect(logs.lines.allSatisfy { $0.hasPrefix("tick ") })
            #expect(try await fleet.get(Self.workload + "/logs?lines=0").status == 400)

            try fleet.client.write("name: once\nrun_mode: n_times\ncommand: [echo, x]\n", to: "configs/once.yaml")
            let reload = try await fleet.post("/api/fleet/clients/sensor-node-1/reload").decoded(ReloadResult.self)
            #expect(reload.changes.added == ["once"])
            let page = try await fleet.get("/")
            #expect(page.status == 200)
            #expect(page.body.contains("sensor-node-1"))
            let clients = try await fleet.control.run("clients", "--central", fleet.url)
            #expect(clients.output.contains("sensor-node-1"), "\(clients.errors)")
        }
    }

    @Test("a mistake in the client's files comes back as 422 with its place, through the central too")
    func brokenReload() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            _ = try await fleet.untilOverview("is online") { $0.status == .online }
            try fleet.client.write("name: bad\ncomand: [sleep]\n", to: "configs/bad.yaml")
            let answer = try await fleet.post("/api/fleet/clients/sensor-node-1/reload")
            #expect(answer.status == 422)
            let issues = try answer.decoded(ErrorAnswer.self).errors ?? []
            #expect(issues.contains { $0.line == 2 && $0.message.contains("command") }, "\(issues)")
        }
    }

    @Test("with a token configured: status is open, what changes something needs the header, and says so")
    func tokens() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            _ = try await fleet.untilOverview("is online") { $0.status == .online }
            #expect(try await fleet.get("/api/fleet/clients", token: nil).status == 200)
            for path in [Self.workload + "/stop", "/api/fleet/clients/sensor-node-1/reload"] {
                let refused = try await fleet.post(path, token: nil)
                #expect(refused.status == 401)
                #expect(refused.body.contains("Authorization: Bearer"), "\(refused.body)")
                #expect(try await fleet.post(path, token: "wrong").status == 401)
            }
            #expect(try await fleet.get(Self.workload + "/logs", token: nil).status == 401)
            #expect(try await fleet.get("/api/fleet/audit", token: nil).status == 401)
            let port = try await fleet.client.port(of: "client")
            let straight = try await fleet.client.curl("-X", "POST", "http://127.0.0.1:\(port)/api/stop/ticker")
            #expect(straight.status == 401)
            #expect(try await fleet.client.workload("ticker")?.status == .running)
            let shutdown = try await fleet.client.curl(
                "-X", "POST", "-H", "Authorization: Bearer \(SmallFleet.token)",
                "http://127.0.0.1:\(port)/api/shutdown")
            #expect(shutdown.status == 404)
        }
    }

    @Test("bad input gets the right code and one sentence, and changes nothing")
    func badInput() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            _ = try await fleet.untilOverview("is online") { $0.status == .online }
            let cases: [(String, String, String?, Int)] = [
                ("GET", "/api/nowhere", nil, 404),
                ("POST", "/api/fleet/clients", nil, 405),
                ("GET", "/api/fleet/clients/nobody", nil, 404),
                ("GET", "/api/fleet/clients/..%2F..%2Fetc", nil, 404),
                ("POST", "/api/fleet/clients/nobody/reload", nil, 404),
                ("POST", "/api/heartbeat", "{", 400),
                ("POST", "/api/heartbeat", "[]", 400),
                (
                    "POST", "/api/heartbeat",
                    #"{"client_name":"../x","timestamp":"2026-01-01T00:00:00Z","workloads":[]}"#, 400
                ),
                ("GET", Self.workload + "/logs?lines=99999", nil, 400),
                ("GET", Self.workload + "/logs?lines=many", nil, 400),
                ("GET", "/api/fleet/audit?limit=-1", nil, 400),
            ]
            for (method, path, body, status) in cases {
                let answer = try await method == "GET" ? fleet.get(path) : fleet.post(path, body: body)
                #expect(answer.status == status, "\(method) \(path): \(answer.body)")
                let detail = try? answer.decoded(ErrorAnswer.self).detail
                #expect(detail?.isEmpty == false, "\(method) \(path): \(answer.body)")
            }
            #expect(try await fleet.get("/api/fleet/clients").decoded([ClientOverview].self).count == 1)
        }
    }

    @Test("a central that goes away and comes back: the workload goes on, the client warns once and reports again")
    func awayAndBack() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts)
            let before = try await fleet.untilOverview("runs one workload") { $0.workloadsRunning == 1 }
            let pid = try await fleet.client.workload("ticker")?.pid
            let port = fleet.url.split(separator: ":").last ?? ""
            #expect(try await fleet.control.run("down").status == 0)
            try await fleet.control.untilDown()
            _ = try await until("the client's log has the warning") {
                fleet.client.read("logs/daemon.log").contains("heartbeat failed") ? true : nil
            }
            #expect(try await fleet.client.workload("ticker")?.pid == pid)
            let settings = fleet.control.read("configs/daemon.yaml")
            try fleet.control.write(
                settings.replacingOccurrences(of: "port: 0", with: "port: \(port)"), to: "configs/daemon.yaml")
            try await fleet.control.up()
            // What was known before is known again at once, from the store.
            #expect(try await fleet.overview()?.name == "sensor-node-1")
            let after = try await fleet.untilOverview("has reported anew") { $0.lastSeen != before.lastSeen }
            #expect(after.status == .online)
            #expect(try await fleet.client.workload("ticker")?.pid == pid)
        }
    }

    @Test("a change on a client is on the central without waiting for the next heartbeat, and a goodbye too")
    func atOnce() async throws {
        try await withHosts(2) { hosts in
            let fleet = try await SmallFleet.start(hosts, interval: 3600)
            _ = try await fleet.untilOverview("runs one workload") { $0.workloadsRunning == 1 }
            #expect(try await fleet.client.run("stop", "ticker").status == 0)
            _ = try await fleet.untilOverview("runs none") { $0.workloadsRunning == 0 }
            #expect(try await fleet.client.run("down").status == 0)
            try await fleet.client.untilDown()
            _ = try await fleet.untilOverview("is offline") { $0.status == .offline }
            let refused = try await fleet.post(Self.workload + "/start")
            #expect(refused.status == 502)
            #expect(refused.body.contains("sensor-node-1"), "\(refused.body)")
        }
    }
}
