import CentralServer
import FleetModel
import NIOHTTP1
import Synchronization
import Testing

/// A store that fails where it is told to, and works again later.
private final class FailingStore: DeploymentStore {
    struct Full: Error {}
    private let inner = MemoryDeploymentStore()
    /// Writes that fail, counted from the first one.
    private let failing: Range<Int>
    private let count = Mutex(0)

    init(failing: Range<Int>) { self.failing = failing }

    private func write(_ body: () throws -> Void) throws {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if failing.contains(number) { throw Full() }
        try body()
    }

    func begin(_ deployment: DeploymentMachine) throws { try write { try inner.begin(deployment) } }
    func save(_ deployment: DeploymentMachine, after earlier: DeploymentMachine) throws {
        try write { inner.save(deployment, after: earlier) }
    }
    func deployment(_ id: String) throws -> DeploymentMachine? { inner.deployment(id) }
    func deployments(limit: Int) throws -> [DeploymentMachine] { inner.deployments(limit: limit) }
    func unfinished() throws -> [DeploymentMachine] { inner.unfinished() }
    func locks() throws -> [String: String] { inner.locks() }
    func saveOutput(_ text: String, of client: String, in id: String) throws {
        inner.saveOutput(text, of: client, in: id)
    }
    func output(of client: String, in id: String) throws -> String? { inner.output(of: client, in: id) }
}

@Suite("Which release is meant", .timeLimit(.minutes(3)))
struct DeploymentIdentityTests {
    @Test("a deployment says which release it brings, and what ran before, by digest; the script is told both")
    func told() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let releases = try await central.ask(.GET, "/api/fleet/releases").json(ReleaseList.self).releases
                let one = try #require(releases.first { $0.version == "1.0" }).checksum
                let first = try await central.deploy("2.0").json(DeploymentStatus.self)
                #expect(first.digest == one, "the two have the same content")
                let ended = try await central.untilEnded(first.id ?? "")
                #expect(ended.status == .completed, "\(ended)")
                #expect(ended.clientStatuses.map(\.previousDigest) == [nil, nil], "they did not say")
                #expect(rig.orders("a") == ["2.0 \(one) 1.0@- no"])
                try rig.write("name: app\ncommand: [other]\n", to: "releases/bad/configs/app.yaml")
                let second = try await central.deploy("bad").json(DeploymentStatus.self)
                let bad = try #require(second.digest)
                #expect(bad != one)
                let undone = try await central.untilEnded(second.id ?? "")
                #expect(undone.status == .rolledBack, "\(undone)")
                #expect(undone.clientStatuses[0].previousDigest == one)
                #expect(
                    rig.orders("a").dropFirst() == ["bad \(bad) 2.0@\(one) no", "2.0 \(one) bad@\(bad) 1"])
            }
        }
    }

    /// A store that comes from a backup: the first client has been done, the second is next, and the world has moved on.
    static let movedOn: [(first: ReleaseInUse, second: ReleaseInUse, reason: String)] = [
        (ReleaseInUse(version: "3.0"), ReleaseInUse(version: "1.0"), "'a' is left alone, since it has release 3.0"),
        (
            ReleaseInUse(version: "2.0", digest: String(repeating: "ab", count: 32)), ReleaseInUse(version: "1.0"),
            "since it has release 2.0@ababab in use, neither release 1.0 nor release 2.0@cdcdcd"
        ),
        (
            ReleaseInUse(version: "2.0", digest: String(repeating: "cd", count: 32)), ReleaseInUse(version: "3.0"),
            "'b' is left alone, since it has release 3.0 in use, and had release 1.0 when"
        ),
        (ReleaseInUse(version: "3.0"), ReleaseInUse(version: "3.0"), "'a' is left alone, since it has release 3.0"),
    ]

    @Test(
        "a deployment of a store from a backup whose clients have moved on is paused, and they keep what they have",
        arguments: movedOn)
    func backup(moved: (first: ReleaseInUse, second: ReleaseInUse, reason: String)) async throws {
        try await DeployRig.with { rig in
            var old = DeploymentMachine(
                id: "d1", request: DeploymentRequest(version: "2.0"), digest: String(repeating: "cd", count: 32),
                targets: ["a", "b"], present: ["a": .init(version: "1.0"), "b": .init(version: "1.0")],
                createdAt: DeploymentMachineRig.time, createdBy: nil)
            _ = old.handle(.start, at: DeploymentMachineRig.time)
            for outcome in [DeploymentOutcome.previous("1.0"), .done, .done, .done] {
                let job = try #require(old.jobs.first)
                _ = old.handle(
                    .ended(client: job.client, number: job.number, outcome), at: DeploymentMachineRig.time)
            }
            #expect(old.jobs.map(\.client) == ["b"])
            let store = MemoryDeploymentStore()
            try store.begin(old)
            for (client, release) in [("a", moved.first), ("b", moved.second)] {
                try rig.bring(release.version ?? "", digest: release.digest, to: client)
            }
            try await rig.run(store: store) { central async throws in
                let paused = try await central.until("d1") { $0.status != .inProgress }
                #expect(paused.status == .paused, "\(paused)")
                #expect(paused.error?.contains(moved.reason) == true, "\(paused.error ?? "")")
                #expect(rig.orders("a") + rig.orders("b") == [])
                _ = try await central.ask(.POST, "/api/fleet/deployments/d1/cancel", body: "{}")
                let ended = try await central.untilEnded("d1")
                #expect(ended.status == .cancelled)
            }
            // What is ours is undone, what is somebody else's is not.
            let isOurs = moved.first.digest?.hasPrefix("cd") == true
            #expect(rig.current("a") == (isOurs ? "1.0" : moved.first.version))
            #expect(rig.current("b") == moved.second.version)
            #expect(isOurs || rig.orders("a").isEmpty)
        }
    }

    @Test("a client that somebody else changes while it is watched is not rolled back over it")
    func changedMeanwhile() async throws {
        try await DeployRig.with { rig in
            try await rig.run { central async throws in
                let answer = try await central.deploy("2.0", #","health_check_timeout":4,"min_healthy_seconds":3"#)
                let id = try #require(try answer.json(DeploymentStatus.self).id)
                _ = try await central.until(id) { $0.clientStatuses[0].status == .deployed }
                try rig.bring("bad", to: "a")
                let paused = try await central.until(id) { $0.status != .inProgress }
                #expect(paused.status == .paused, "\(paused)")
                #expect(paused.clientStatuses.map(\.status) == [.skipped, .pending])
                #expect(rig.current("a") == "bad")
            }
        }
    }

    @Test(
        "a store that fails between the beginning and the start does not leave it pending for ever",
        arguments: [2..<3, 2..<4])
    func lateStart(failing: Range<Int>) async throws {
        try await DeployRig.with { rig in
            try await rig.run(store: FailingStore(failing: failing)) { central async throws in
                let begun = try await central.deploy("2.0").json(DeploymentStatus.self)
                let ended = try await central.untilEnded(try #require(begun.id))
                #expect(ended.status == .completed, "\(ended)")
                #expect(DeployRig.clients.map(rig.current) == ["2.0", "2.0"])
            }
        }
    }

    @Test("a store that fails at a later step is tried again, and nothing is done twice over", arguments: [3, 4, 6, 9])
    func laterSteps(write: Int) async throws {
        try await DeployRig.with { rig in
            try await rig.run(store: FailingStore(failing: write..<(write + 1))) { central async throws in
                let begun = try await central.deploy("2.0").json(DeploymentStatus.self)
                let ended = try await central.untilEnded(try #require(begun.id))
                #expect(ended.status == .completed, "\(ended)")
                #expect(DeployRig.clients.map { rig.orders($0).count } == [1, 1])
            }
        }
    }
}
