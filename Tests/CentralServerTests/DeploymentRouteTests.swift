import CentralServer
import FleetConfig
import FleetModel
import NIOHTTP1
import Testing

@Suite("Deployments through the central", .timeLimit(.minutes(3)))
struct DeploymentRouteTests {
    @Test("a good release comes to all, with each step told, its output kept, and the end in the audit")
    func good() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let begun = try await central.deploy("2.0").json(DeploymentStatus.self)
                let id = try #require(begun.id)
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .completed, "\(ended)")
                #expect(ended.clientStatuses.map(\.status) == [.healthy, .healthy])
                #expect(ended.clientStatuses.map(\.previousVersion) == ["1.0", "1.0"])
                #expect(ended.createdBy == "api_token")
                #expect(DeployRig.clients.map(rig.current) == ["2.0", "2.0"])
                let path = "/api/fleet/deployments/\(id)/clients/a/output"
                let output = try await central.ask(.GET, path)
                #expect(try output.json(LogLines.self).lines.contains("bringing 2.0 to a"), "\(output.text)")
                #expect(try await central.ask(.GET, path, token: nil).status == 401)
                #expect(try await central.ask(.GET, path, token: "h").status == 403)
                let audit = try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self)
                #expect(audit.map(\.action) == ["deployment ended", "deploy 2.0"])
                #expect(audit.first?.result == "completed")
                let list = try await central.ask(.GET, "/api/fleet/deployments?limit=1")
                #expect(try list.json([DeploymentStatus].self) == [ended])
            }
        }
    }

    @Test(
        "a release that does not live, and one that cannot be brought, are undone with the reason",
        arguments: [
            ("bad", "its workload 'app' is failed", ClientDeploymentState.rolledBack),
            // Nothing was touched, so that there is nothing to bring back.
            ("fail", "no room", .failed),
        ])
    func undone(version: String, reason: String, client: ClientDeploymentState) async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let id = try #require(try await central.deploy(version).json(DeploymentStatus.self).id)
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .rolledBack, "\(ended)")
                #expect(ended.clientStatuses.map(\.status) == [client, .skipped])
                #expect(ended.error?.contains(reason) == true, "\(ended.error ?? "")")
                #expect(DeployRig.clients.map(rig.current) == ["1.0", "1.0"])
            }
        }
    }

    @Test("a script that hangs is ended by its time limit, and by a cancel")
    func hanging() async throws {
        try await DeployRig.with { rig in
            try await rig.run(change: { $0.deployTimeout = 2 }) { central async throws in
                let id = try #require(try await central.deploy("hang").json(DeploymentStatus.self).id)
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .rolledBack)
                #expect(ended.error?.contains("was not done within") == true, "\(ended.error ?? "")")
            }
            try await rig.run { central async throws in
                let id = try #require(try await central.deploy("hang").json(DeploymentStatus.self).id)
                _ = try await central.until(id) { $0.clientStatuses[0].status == .deploying }
                let overlap = try await central.deploy("2.0")
                #expect(overlap.status == 409)
                #expect(overlap.detail?.contains(id) == true)
                let answer = try await central.ask(.POST, "/api/fleet/deployments/\(id)/cancel")
                #expect(
                    try answer.json(ActionResult.self)
                        == ActionResult(success: true, message: "Deployment cancelled"))
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .cancelled)
                #expect(ended.clientStatuses.map(\.status).last == .skipped)
                #expect(try await central.ask(.POST, "/api/fleet/deployments/\(id)/cancel").status == 409)
                let again = try await central.ask(.POST, "/api/fleet/deployments/\(id)/retry")
                #expect(again.status == 200, "\(again.text)")
                let next = try again.json(DeploymentStatus.self)
                #expect(next.targetClients == ["a", "b"])
                _ = try await central.ask(.POST, "/api/fleet/deployments/\(next.id ?? "")/cancel")
                _ = try await central.untilEnded(next.id ?? "")
            }
        }
    }

    @Test("paused, nothing new begins; resumed, it comes to its end")
    func pause() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let more = #","min_healthy_seconds":0.2,"health_check_timeout":5"#
                let text = #"{"version":"2.0","target_clients":["a","b"]\#(more)}"#
                let answer = try await central.ask(.POST, "/api/fleet/deployments", body: text)
                try #require(answer.status == 200, "\(answer.text)")
                let id = try #require(try answer.json(DeploymentStatus.self).id)
                let paused = try await central.ask(.POST, "/api/fleet/deployments/\(id)/pause")
                #expect(try paused.json(ActionResult.self).success)
                let half = try await central.until(id) { $0.clientStatuses[0].status == .healthy }
                #expect(half.status == .paused)
                #expect(half.clientStatuses[1].status == .pending)
                let twice = try await central.ask(.POST, "/api/fleet/deployments/\(id)/pause")
                #expect(try twice.json(ActionResult.self).success == false)
                _ = try await central.ask(.POST, "/api/fleet/deployments/\(id)/resume")
                #expect(try await central.untilEnded(id).status == .completed)
            }
        }
    }

    @Test(
        "what cannot be meant or done is refused with a sentence, and nothing is stored",
        arguments: [
            (#"{}"#, 400), (#"{"version":7}"#, 400), (#"{"version":"../2.0"}"#, 400),
            (#"{"version":"2.0;reboot"}"#, 400), (#"{"version":"$(id)"}"#, 400), (#"{"version":""}"#, 400),
            (#"{"version":"-rf"}"#, 400), (#"{"version":"9.9","target_clients":["a"]}"#, 400),
            (#"{"version":"empty","target_clients":["a"]}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"batch_size":0}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"batch_size":-3}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"batch_size":99999999}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"batch_size":1.5}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"health_check_timeout":0}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"health_check_timeout":1e300}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"min_healthy_seconds":-1}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"min_healthy_seconds":60}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"max_failures":-1}"#, 400),
            (#"{"version":"2.0","target_clients":["a"],"canary":-1}"#, 400),
            (#"{"version":"2.0","target_clients":[]}"#, 400), (#"{"version":"2.0","target_clients":["a","a"]}"#, 400),
            (#"{"version":"2.0","target_clients":["nobody"]}"#, 400),
            (#"{"version":"2.0","target_clients":["a b"]}"#, 400),
            (#"{"version":"2.0","target_clients":["gone"]}"#, 502),
            (#"{"version":"2.0","target_clients":["gone"],"skip_unreachable":true}"#, 400),
            (#"{"version":"2.0"}"#, 400), (#"[]"#, 400), (#"{"version":"#, 400),
        ])
    func badInput(body: String, status: Int) async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let answer = try await central.ask(.POST, "/api/fleet/deployments", body: body)
                #expect(answer.status == status, "\(answer.text)")
                #expect(answer.detail?.isEmpty == false)
                #expect(try await central.ask(.GET, "/api/fleet/deployments").text == "[]")
            }
        }
    }

    @Test(
        "who may, and what is not there",
        arguments: [
            (.POST, "", nil, 401), (.POST, "", "o", 403), (.GET, "", nil, 200), (.GET, "?limit=0", "r", 400),
            (.GET, "?limit=101", "r", 400), (.GET, "/nothing", "r", 404), (.POST, "/nothing/cancel", "o", 403),
            (.POST, "/nothing/cancel", "all", 404), (.POST, "/nothing/pause", "all", 404),
            (.POST, "/nothing/retry", "all", 404), (.GET, "/nothing/clients/a/output", "r", 404),
        ] as [(HTTPMethod, String, String?, Int)])
    func access(method: HTTPMethod, path: String, token: String?, status: Int) async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let answer = try await central.ask(
                    method, "/api/fleet/deployments" + path, token: token, body: method == .POST ? "{}" : nil)
                #expect(answer.status == status, "\(answer.text)")
            }
        }
    }

    @Test("a dry run stores nothing and lists every reason against it")
    func dryRun() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let answer = try await central.ask(
                    .POST, "/api/fleet/deployments",
                    body: #"{"version":"9","target_clients":["a","gone"],"dry_run":true,"batch_size":2}"#)
                let plan = try answer.json(DeploymentStatus.self)
                #expect(plan.status == .planned)
                #expect(plan.id == nil)
                #expect(plan.clientStatuses.map(\.batchNumber) == [0, 0])
                #expect(plan.refusals?.map(\.client) == [nil, "gone"], "\(answer.text)")
                #expect(try await central.ask(.GET, "/api/fleet/deployments").text == "[]")
            }
        }
    }

    @Test("the plan says of each client what it has and what would change, and where that is not known")
    func plan() async throws {
        try await DeployRig.with { rig in
            try rig.write(
                "workloads: [{name: app, command: [other]}, {name: more, command: [x]}]\n",
                to: "releases/2.0/configs/app.yaml")
            try rig.write("new\n", to: "releases/2.0/configs/new.txt")
            try await rig.run { central async throws in
                let releases = try await central.ask(.GET, "/api/fleet/releases").json(ReleaseList.self).releases
                func digest(_ version: String) -> String? { releases.first { $0.version == version }?.checksum }
                func plan() async throws -> DeploymentStatus {
                    try await central.deploy("2.0", #","dry_run":true"#).json(DeploymentStatus.self)
                }
                try rig.bring("1.0", digest: digest("1.0"), to: "a")
                try rig.bring("2.0", digest: digest("2.0"), to: "b")
                let first = try await plan()
                #expect(first.digest == digest("2.0"))
                #expect(
                    first.clientStatuses.map(\.previous) == [
                        ReleaseInUse.shown("1.0", digest("1.0")), ReleaseInUse.shown("2.0", digest("2.0")),
                    ])
                let plans = first.clientStatuses.compactMap(\.plan)
                #expect(plans.map(\.hasItAlready) == [false, true])
                #expect(plans.first?.workloads?.changed == ["app"])
                #expect(plans.first?.workloads?.added == ["more"])
                #expect(plans.first?.files?.changed == ["configs/app.yaml"])
                #expect(plans.first?.files?.added == ["configs/new.txt"])
                // The same name with another content, and one that does not say.
                try rig.bring("2.0", digest: String(repeating: "ab", count: 32), to: "a")
                try rig.bring("2.0", to: "b")
                let second = try await plan()
                #expect(
                    second.clientStatuses.map { $0.plan } == [
                        ClientPlan(hasItAlready: false), ClientPlan(hasItAlready: false),
                    ])
            }
        }
    }

    @Test("unreachable clients are skipped where that is asked for")
    func skipping() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let text = """
                    {"version":"2.0","target_clients":["a","gone","b"],"skip_unreachable":true,
                    "min_healthy_seconds":0,"health_check_timeout":5}
                    """
                let answer = try await central.ask(.POST, "/api/fleet/deployments", body: text)
                try #require(answer.status == 200, "\(answer.text)")
                let id = try #require(try answer.json(DeploymentStatus.self).id)
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .completed)
                #expect(ended.clientStatuses.map(\.status) == [.healthy, .skipped, .healthy])
            }
        }
    }

    @Test("releases are listed with size, checksum and where they run")
    func releases() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                _ = try await central.report("a") { $0.deployedVersion = "1.0" }
                let answer = try await central.ask(.GET, "/api/fleet/releases")
                let releases = try answer.json(ReleaseList.self).releases
                #expect(Set(releases.map(\.version)) == ["1.0", "2.0", "bad", "unready", "hang", "fail", "empty"])
                let one = try #require(releases.first { $0.version == "1.0" })
                #expect(one.runningOn == ["a"])
                #expect(one.sizeBytes == 37)
                #expect(one.checksum.count == 64)
                #expect(releases.first { $0.version == "2.0" }?.checksum == one.checksum)
            }
        }
    }
}
