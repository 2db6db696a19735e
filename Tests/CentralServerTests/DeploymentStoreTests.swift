import CentralServer
import FleetModel
import Testing

/// What both forms of the store do.
@Suite("Store of deployments")
struct DeploymentStoreTests {
    enum Form: CaseIterable { case sqlite, memory }

    private static func with(_ form: Form, _ body: (any DeploymentStore) throws -> Void) throws {
        switch form {
        case .memory: try body(MemoryDeploymentStore())
        case .sqlite:
            let folder = try temporaryFolder()
            defer { removeFolder(folder) }
            try body(try SQLiteFleetStore(path: folder + "/fleet.db"))
        }
    }

    private static func rollout(_ id: String, _ clients: [String], skipped: [String: String] = [:]) -> Rollout {
        Rollout(
            id: id, request: DeploymentRequest(version: "1"), targets: clients, unreachable: skipped,
            createdAt: RolloutRig.time, createdBy: "é'\"")
    }

    @Test(
        "one comes back as it was saved, the newest first, and is unfinished until it has ended",
        arguments: Form.allCases)
    func saving(form: Form) throws {
        try Self.with(form) { store in
            var rollout = Self.rollout("d1", ["a", "b"])
            try store.begin(rollout)
            let before = rollout
            _ = rollout.handle(.start, at: RolloutRig.time)
            try store.save(rollout, after: before)
            try store.begin(Self.rollout("d2", ["c"]))
            #expect(try store.rollout("d1") == rollout)
            #expect(try store.rollout("d3") == nil)
            #expect(try store.rollouts(limit: 10).map(\.id) == ["d2", "d1"])
            #expect(try store.rollouts(limit: 1).map(\.id) == ["d2"])
            #expect(try store.unfinished().map(\.id) == ["d1", "d2"])
            let last = rollout
            _ = rollout.handle(.cancel("x"), at: RolloutRig.time)
            #expect(rollout.state == .cancelled)
            try store.save(rollout, after: last)
            #expect(try store.unfinished().map(\.id) == ["d2"])
            #expect(try store.rollout("d1") == rollout)
            #expect(try store.locks() == ["c": "d2"])
        }
    }

    @Test("a client belongs to one deployment; what overlaps is not stored at all", arguments: Form.allCases)
    func locks(form: Form) throws {
        try Self.with(form) { store in
            try store.begin(Self.rollout("d1", ["a", "b", "z"], skipped: ["z": "away"]))
            #expect(throws: DeploymentConflict(client: "b", holder: "d1")) {
                try store.begin(Self.rollout("d2", ["c", "b"]))
            }
            #expect(try store.locks() == ["a": "d1", "b": "d1"])
            #expect(try store.rollout("d2") == nil)
            try store.begin(Self.rollout("d3", ["z"]))
        }
    }

    @Test("output is kept for a client and replaced", arguments: Form.allCases)
    func output(form: Form) throws {
        try Self.with(form) { store in
            try store.begin(Self.rollout("d1", ["a"]))
            #expect(try store.output(of: "a", in: "d1") == nil)
            try store.saveOutput("one", of: "a", in: "d1")
            try store.saveOutput("two", of: "a", in: "d1")
            #expect(try store.output(of: "a", in: "d1") == "two")
        }
    }
}
