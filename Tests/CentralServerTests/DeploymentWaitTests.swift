import CentralServer
import FleetHTTP
import FleetModel
import HTTPTypes
import NIOHTTP1
import Synchronization
import Testing

/// A store that fails at one of its writes.
private final class FailingStore: DeploymentStore {
    struct Failed: Error {}
    private let inner = MemoryDeploymentStore()
    private let writes = Mutex(0)
    private let failing: Int

    init(failing: Int) { self.failing = failing }

    private func write(_ body: () throws -> Void) throws {
        let number = writes.withLock { writes in
            writes += 1
            return writes
        }
        if number == failing { throw Failed() }
        try body()
    }

    func begin(_ deployment: DeploymentMachine) throws { try write { try inner.begin(deployment) } }
    func save(_ deployment: DeploymentMachine, after earlier: DeploymentMachine) throws {
        try write { try inner.save(deployment, after: earlier) }
    }
    func saveOutput(_ text: String, of client: String, in id: String) throws {
        try write { try inner.saveOutput(text, of: client, in: id) }
    }
    func deployment(_ id: String) throws -> DeploymentMachine? { try inner.deployment(id) }
    func deployments(limit: Int) throws -> [DeploymentMachine] { try inner.deployments(limit: limit) }
    func unfinished() throws -> [DeploymentMachine] { try inner.unfinished() }
    func locks() throws -> [String: String] { try inner.locks() }
    func output(of client: String, in id: String) throws -> String? { try inner.output(of: client, in: id) }
}

@Suite("What a deployment waits for", .timeLimit(.minutes(3)))
struct DeploymentWaitTests {
    @Test("a daemon that is not there for a moment is asked to reload until it is (R5)")
    func reloadAgain() async throws {
        let refusals = Mutex(["a": 2, "b": 1])
        try await DeployRig.with(change: { rig in
            rig.reload = { name in
                let left = refusals.withLock { refusals in
                    refusals[name, default: 0] -= 1
                    return refusals[name, default: 0]
                }
                if left >= 0 { throw APIError(.serviceUnavailable, "the server is going down; try again") }
                return try .json(ReloadResult(changes: ReloadChanges()))
            }
        }) { rig in
            try await rig.run { central async throws in
                let id = try #require(
                    try await central.deploy("2.0", #","batch_size":2"#).json(DeploymentStatus.self).id)
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .completed, "\(ended)")
            }
        }
        #expect(refusals.withLock { $0 } == ["a": -1, "b": -1])
    }

    @Test("one that refuses is asked once, and one that stays away no longer than its health is waited for")
    func reloadInVain() async throws {
        for (status, seconds) in [(HTTPResponse.Status.unprocessableContent, 20), (.serviceUnavailable, 2)] {
            let asked = Mutex(0)
            try await DeployRig.with(change: { rig in
                rig.reload = { _ in
                    asked.withLock { $0 += 1 }
                    throw APIError(status, "not now")
                }
            }) { rig in
                try await rig.run { central async throws in
                    let answer = try await central.ask(
                        .POST, "/api/fleet/deployments",
                        body: """
                            {"version":"2.0","target_clients":["a"],"min_healthy_seconds":0,"auto_rollback":false,
                            "health_check_timeout":\(seconds)}
                            """)
                    let id = try #require(try answer.json(DeploymentStatus.self).id)
                    let ended = try await central.untilEnded(id)
                    #expect(ended.clientStatuses.first?.error?.contains("not now") == true, "\(ended)")
                }
            }
            let expected = status == .serviceUnavailable ? 2...4 : 1...1
            #expect(expected.contains(asked.withLock { $0 }))
        }
    }

    @Test("what both scripts printed is there after a cancel while files are brought (R10)")
    func outputs() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let id = try #require(try await central.deploy("hang").json(DeploymentStatus.self).id)
                let path = "/api/fleet/deployments/\(id)/clients/a/output"
                func lines() async throws -> [String] {
                    try await central.ask(.GET, path).json(LogLines.self).lines.filter { !$0.hasPrefix("---") }
                }
                while try await lines() != ["bringing hang to a"] { try await Task.sleep(for: .milliseconds(5)) }
                _ = try await central.ask(.POST, "/api/fleet/deployments/\(id)/cancel")
                let ended = try await central.untilEnded(id)
                #expect(ended.clientStatuses.first?.status == .rolledBack, "\(ended)")
                #expect(try await lines() == ["bringing hang to a", "bringing 1.0 to a"])
            }
        }
    }

    @Test("a client that reports all the time that it is not well is not asked all the time (R9)")
    func gate() async throws {
        let looks = Mutex(0)
        try await DeployRig.with(change: { rig in rig.onLook = { _ in looks.withLock { $0 += 1 } } }) { rig in
            try await rig.run { central async throws in
                let answer = try await central.ask(
                    .POST, "/api/fleet/deployments",
                    body: """
                        {"version":"unready","target_clients":["a"],"min_healthy_seconds":0.5,"auto_rollback":false,
                        "health_check_timeout":4}
                        """)
                let id = try #require(try answer.json(DeploymentStatus.self).id, "\(answer.text)")
                var app = Workload(name: "app", type: .service, runMode: .forever, status: .backoff)
                app.release = "unready"
                let reported = app
                while try await !central.deployment(id).status.isEnded {
                    _ = try await central.report("a") {
                        $0.deployedVersion = "unready"
                        $0.workloads = [reported]
                    }
                }
                #expect(try await central.deployment(id).error?.contains("did not become healthy in time") == true)
            }
        }
        // At once, and then after 0.1, 0.2, 0.4, 0.8 and 1.6 s.
        #expect((3...8).contains(looks.withLock { $0 }), "\(looks.withLock { $0 })")
    }

    @Test("a store that fails at any one write keeps nothing from its end (R13)", arguments: 2...8)
    func failingStore(write: Int) async throws {
        try await DeployRig.with { rig in
            try await rig.run(store: FailingStore(failing: write)) { central async throws in
                let answer = try await central.deploy("2.0", #","batch_size":2"#)
                let id = try #require(try answer.json(DeploymentStatus.self).id, "\(answer.text)")
                let ended = try await central.untilEnded(id)
                #expect(ended.status == .completed, "\(ended)")
                let output = try await central.ask(.GET, "/api/fleet/deployments/\(id)/clients/a/output")
                #expect(output.text.contains("bringing 2.0 to a"))
            }
        }
    }

    @Test("a deployment that cannot be stored is none, and says so")
    func noStore() async throws {
        try await DeployRig.with { rig in
            try await rig.run(store: FailingStore(failing: 1)) { central async throws in
                #expect(try await central.deploy("2.0").status == 500)
                #expect(try await central.ask(.GET, "/api/fleet/deployments").text == "[]")
                let id = try #require(try await central.deploy("2.0").json(DeploymentStatus.self).id)
                #expect(try await central.untilEnded(id).status == .completed)
            }
        }
    }
}
