import FleetModel
import Foundation
import TestSupport
import Testing

/// An address that leads to another real daemon, and two real daemons with one name.
@Suite("The right host, with the real program", .timeLimit(.minutes(5)))
struct HostIdentityTests {
    private static let token = "a-token-of-the-test"

    private static func prepareClient(_ host: TestHost, name: String, port: Int, central: Int) throws {
        try host.write(
            """
            fleet:
              enabled: true
              client_name: \(name)
              api_host: 127.0.0.1
              api_port: \(port)
              central_api_url: http://127.0.0.1:\(central)
              heartbeat_interval_seconds: 1
              api_token: \(token)
            """, to: "configs/daemon.yaml")
        try host.write(LocalWalkTests.ticker, to: "configs/ticker.yaml")
    }

    private static func prepareControl(_ host: TestHost, port: Int, more: String = "") throws {
        try host.write(
            """
            central:
              enabled: true
              host: 127.0.0.1
              port: \(port)
              api_token: \(token)
              stale_threshold_seconds: 3
            \(more)
            """, to: "configs/daemon.yaml")
    }

    private static func ask(
        _ host: TestHost, _ method: String, _ port: Int, _ path: String, body: String? = nil
    ) async throws -> TestHost.Answer {
        var arguments = [
            "-X", method, "http://127.0.0.1:\(port)\(path)", "-H", "Authorization: Bearer \(token)",
        ]
        if let body { arguments += ["-H", "Content-Type: application/json", "-d", body] }
        return try await host.curl(arguments)
    }

    @Test("where the address of one client leads to another, nothing is done there, and each answer says who is there")
    func misdirected() async throws {
        try await withHosts(3) { hosts in
            let (control, right, other) = (hosts[0], hosts[1], hosts[2])
            let port = try freePort()
            let (own, others) = (try freePort(), try freePort())
            // As after an address was given to another host: both entries are right by themselves.
            try control.write(
                """
                clients:
                  - {name: ours, host: 127.0.0.1, api_port: \(others), install_dir: \(right.folder)}
                  - {name: theirs, host: localhost, api_port: \(others), install_dir: \(other.folder)}
                """, to: "inventory.yaml")
            try control.write("#!/bin/sh\necho deployed \"$@\" >> script.log\n", to: "deploy.sh")
            chmod(control.folder + "/deploy.sh", 0o755)
            try control.write(LocalWalkTests.ticker, to: "releases/1.0/configs/ticker.yaml")
            try Self.prepareControl(control, port: port, more: "  deploy_script_path: ./deploy.sh")
            try await control.up()
            try Self.prepareClient(right, name: "ours", port: own, central: port)
            try Self.prepareClient(other, name: "theirs", port: others, central: port)
            try await right.up()
            try await other.up()
            let before = try await other.until("ticker", "runs") { $0.status == .running }
            _ = try await until("both are online") { () -> Bool? in
                let clients = try await Self.ask(control, "GET", port, "/api/fleet/clients")
                    .decoded([ClientOverview].self)
                return clients.count { $0.status == .online } == 2 ? true : nil
            }
            let requests = [
                ("POST", "/api/fleet/clients/ours/workloads/ticker/stop"),
                ("POST", "/api/fleet/clients/ours/workloads/ticker/restart"),
                ("POST", "/api/fleet/clients/ours/reload"),
                ("GET", "/api/fleet/clients/ours/workloads/ticker/logs?lines=3"),
                ("GET", "/api/fleet/clients/ours/workloads/ticker/logs?lines=3&follow=true"),
            ]
            for (method, path) in requests {
                let answer = try await Self.ask(control, method, port, path)
                #expect(answer.status == 502, "\(path): \(answer.body)")
                #expect(answer.body.contains("client 'theirs'"), "\(path): \(answer.body)")
                #expect(!answer.body.contains("tick "), "\(path)")
            }
            // Asked before anything is touched, so that the script does not run either.
            let request =
                #"{"version":"1.0","target_clients":["ours"],"min_healthy_seconds":1,"health_check_timeout":5}"#
            let deployment = try await Self.ask(control, "POST", port, "/api/fleet/deployments", body: request)
            #expect([400, 409, 502].contains(deployment.status), "\(deployment.status) \(deployment.body)")
            #expect(deployment.body.contains("theirs"), "\(deployment.body)")
            #expect(control.read("script.log").isEmpty)
            let after = try await other.workload("ticker")
            #expect(after?.pid == before.pid && after?.status == .running)
            // Who is meant rightly is reached.
            let stop = try await Self.ask(control, "POST", port, "/api/fleet/clients/theirs/workloads/ticker/stop")
            #expect(stop.status == 200, "\(stop.body)")
            #expect(try await other.workload("ticker")?.status == .stopped)
            // A daemon that is asked directly for another one says who it is.
            let direct = try await control.curl(
                "-X", "POST", "-H", "Authorization: Bearer \(Self.token)", "-H", "Mctl-Client: ours",
                "http://127.0.0.1:\(others)/api/start/ticker")
            #expect(direct.status == 421 && direct.body.contains(#""client_name":"theirs""#), "\(direct.body)")
            #expect(try await other.workload("ticker")?.status == .stopped)
        }
    }

    @Test("an address that leads elsewhere in the middle of a deployment ends it, and the other host is not touched")
    func movedMeanwhile() async throws {
        try await withHosts(3) { hosts in
            let (control, right, other) = (hosts[0], hosts[1], hosts[2])
            let (port, shared) = (try freePort(), try freePort())
            try control.write(
                "clients: [{name: ours, host: 127.0.0.1, api_port: \(shared), install_dir: \(right.folder)}]\n",
                to: "inventory.yaml")
            // While it runs, the address is given to another host.
            try control.write(
                "#!/bin/sh\ntouch begun; while [ ! -e go ]; do sleep 0.02; done\n", to: "deploy.sh")
            chmod(control.folder + "/deploy.sh", 0o755)
            try control.write(LocalWalkTests.ticker, to: "releases/1.0/configs/ticker.yaml")
            try Self.prepareControl(control, port: port, more: "  deploy_script_path: ./deploy.sh")
            try await control.up()
            try Self.prepareClient(right, name: "ours", port: shared, central: port)
            try Self.prepareClient(other, name: "theirs", port: shared, central: port)
            try await right.up()
            _ = try await until("it is online") { () -> Bool? in
                let clients = try await Self.ask(control, "GET", port, "/api/fleet/clients")
                    .decoded([ClientOverview].self)
                return clients.contains { $0.name == "ours" && $0.status == .online } ? true : nil
            }
            let request =
                #"{"version":"1.0","target_clients":["ours"],"min_healthy_seconds":1,"health_check_timeout":5,"auto_rollback":false}"#
            let begun = try await Self.ask(control, "POST", port, "/api/fleet/deployments", body: request)
                .decoded(DeploymentStatus.self)
            _ = try await until("the script runs") {
                FileManager.default.fileExists(atPath: control.folder + "/begun") ? true : nil
            }
            _ = try await right.run("down")
            try await right.untilDown()
            try await other.up()
            let before = try await other.until("ticker", "runs") { $0.status == .running }
            try control.write("", to: "go")
            let ended = try await until("the deployment has ended") { () -> DeploymentStatus? in
                let path = "/api/fleet/deployments/\(begun.id ?? "")"
                let status = try await Self.ask(control, "GET", port, path).decoded(DeploymentStatus.self)
                return status.status.isEnded ? status : nil
            }
            #expect(ended.status == .failed, "\(ended)")
            #expect(ended.clientStatuses.first?.error?.contains("client 'theirs'") == true, "\(ended)")
            let after = try await other.workload("ticker")
            #expect(after?.pid == before.pid && after?.status == .running)
        }
    }

    @Test("two real daemons with one name are told of everywhere, and one that goes leaves the other online")
    func clones() async throws {
        try await withHosts(3) { hosts in
            let (control, one, two) = (hosts[0], hosts[1], hosts[2])
            let port = try freePort()
            try Self.prepareControl(control, port: port)
            try await control.up()
            for host in [one, two] { try Self.prepareClient(host, name: "kiosk", port: 0, central: port) }
            try await one.up()
            try await two.up()
            let seen = try await until("the clones are told of") { () -> ClientOverview? in
                let client = try await Self.ask(control, "GET", port, "/api/fleet/clients/kiosk")
                    .decoded(ClientOverview.self)
                return client.cloneWarning == nil ? nil : client
            }
            #expect(seen.clones?.count == 2, "\(seen)")
            #expect(Set(seen.clones?.compactMap(\.instance) ?? []).count == 2)
            let list = try await control.run("clients")
            #expect(list.errors.contains("2 daemons report as 'kiosk'"), "\(list.errors)")
            #expect(control.read("logs/central.log").contains("several hosts report under one name"))
            _ = try await one.run("down")
            try await one.untilDown()
            let alone = try await until("there is one again") { () -> ClientOverview? in
                let client = try await Self.ask(control, "GET", port, "/api/fleet/clients/kiosk")
                    .decoded(ClientOverview.self)
                return client.cloneWarning == nil ? client : nil
            }
            #expect(alone.status == .online)
        }
    }

    @Test("one daemon that is restarted, killed and brought back is never taken for two")
    func restarts() async throws {
        try await withHosts(2) { hosts in
            let (control, client) = (hosts[0], hosts[1])
            let port = try freePort()
            try Self.prepareControl(control, port: port)
            try await control.up()
            try Self.prepareClient(client, name: "kiosk", port: 0, central: port)
            for turn in 0..<6 {
                try await client.up()
                _ = try await until("it is online") { () -> Bool? in
                    let found = try await Self.ask(control, "GET", port, "/api/fleet/clients/kiosk")
                    guard found.status == 200 else { return nil }
                    let overview = try found.decoded(ClientOverview.self)
                    #expect(overview.clones == [])
                    return overview.status == .online ? true : nil
                }
                if turn.isMultiple(of: 2) {
                    try await client.killDaemon()
                } else {
                    _ = try await client.run("down", "--keep-workloads")
                    try await client.untilDown()
                }
            }
        }
    }
}
