import CentralServer
import FleetModel
import Synchronization
import Testing

/// A store of a central that dies right after a write: nothing is acted on that was written, and nothing is written
/// any more.
private final class MortalStore: DeploymentStore {
    struct Dead: Error {}
    private let inner: any DeploymentStore
    private let left: Mutex<Int>

    init(_ inner: any DeploymentStore, writes: Int) {
        self.inner = inner
        left = Mutex(writes)
    }

    var isDead: Bool { left.withLock { $0 <= 0 } }

    private func mortally(_ write: () throws -> Void) throws {
        try left.withLock { left in
            guard left > 0 else { throw Dead() }
            try write()
            left -= 1
            if left == 0 { throw Dead() }
        }
    }

    func begin(_ deployment: DeploymentMachine) throws { try mortally { try inner.begin(deployment) } }
    func save(_ deployment: DeploymentMachine, after earlier: DeploymentMachine) throws {
        try mortally { try inner.save(deployment, after: earlier) }
    }
    func deployment(_ id: String) throws -> DeploymentMachine? { try inner.deployment(id) }
    func deployments(limit: Int) throws -> [DeploymentMachine] { try inner.deployments(limit: limit) }
    func unfinished() throws -> [DeploymentMachine] { try inner.unfinished() }
    func locks() throws -> [String: String] { try inner.locks() }
    func saveOutput(_ text: String, of client: String, in id: String) throws {
        try inner.saveOutput(text, of: client, in: id)
    }
    func output(of client: String, in id: String) throws -> String? { try inner.output(of: client, in: id) }
}

@Suite("A central that dies in a deployment", .timeLimit(.minutes(5)))
struct DeploymentKillTests {
    @Test(
        "dies after each stored transition, and the next one comes to the same end",
        arguments: [
            ("2.0", DeploymentState.completed, ["2.0", "2.0"], 9), ("bad", .rolledBack, ["1.0", "1.0"], 7),
            ("fail", .rolledBack, ["1.0", "1.0"], 3),
        ])
    func everywhere(version: String, end: DeploymentState, releases: [String], writes least: Int) async throws {
        var deaths = 0
        for writes in 1...100 {
            let hasDied = try await DeployRig.with { rig in
                let stored = try SQLiteFleetStore(path: rig.folder + "/fleet.db")
                let mortal = MortalStore(stored, writes: writes)
                try await rig.run(store: mortal) { central async throws in
                    _ = try await central.deploy(version, #","batch_size":1"#)
                    let deadline = ContinuousClock.now + .seconds(60)
                    while !mortal.isDead, try stored.unfinished().count > 0, ContinuousClock.now < deadline {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
                let id = try #require(try stored.deployments(limit: 1).first?.id)
                try await rig.run(store: try SQLiteFleetStore(path: rig.folder + "/fleet.db")) { central async throws in
                    let ended = try await central.untilEnded(id)
                    #expect(ended.status == end, "after \(writes) writes: \(ended)")
                    #expect(DeployRig.clients.map(rig.current) == releases, "after \(writes) writes")
                }
                #expect(try stored.locks().isEmpty)
                return mortal.isDead
            }
            guard hasDied else { break }
            deaths += 1
        }
        // The beginning, and the steps of the clients: a loop that stops early has shown nothing.
        #expect(deaths >= least, "\(deaths)")
        #expect(deaths < 100)
    }
}
