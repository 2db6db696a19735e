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

    private static func deployment(_ id: String, _ clients: [String], skipped: [String: String] = [:])
        -> DeploymentMachine
    {
        DeploymentMachine(
            id: id, request: DeploymentRequest(version: "1"), targets: clients, unreachable: skipped,
            createdAt: DeploymentMachineRig.time, createdBy: "é'\"")
    }

    @Test(
        "one comes back as it was saved, the newest first, and is unfinished until it has ended",
        arguments: Form.allCases)
    func saving(form: Form) throws {
        try Self.with(form) { store in
            var deployment = Self.deployment("d1", ["a", "b"])
            try store.begin(deployment)
            let before = deployment
            _ = deployment.handle(.start, at: DeploymentMachineRig.time)
            try store.save(deployment, after: before)
            try store.begin(Self.deployment("d2", ["c"]))
            #expect(try store.deployment("d1") == deployment)
            #expect(try store.deployment("d3") == nil)
            #expect(try store.deployments(limit: 10).map(\.id) == ["d2", "d1"])
            #expect(try store.deployments(limit: 1).map(\.id) == ["d2"])
            #expect(try store.unfinished().map(\.id) == ["d1", "d2"])
            let last = deployment
            _ = deployment.handle(.cancel("x"), at: DeploymentMachineRig.time)
            #expect(deployment.state == .cancelled)
            try store.save(deployment, after: last)
            #expect(try store.unfinished().map(\.id) == ["d2"])
            #expect(try store.deployment("d1") == deployment)
            #expect(try store.locks() == ["c": "d2"])
        }
    }

    @Test("a client belongs to one deployment; what overlaps is not stored at all", arguments: Form.allCases)
    func locks(form: Form) throws {
        try Self.with(form) { store in
            try store.begin(Self.deployment("d1", ["a", "b", "z"], skipped: ["z": "away"]))
            #expect(throws: DeploymentConflict(client: "b", holder: "d1")) {
                try store.begin(Self.deployment("d2", ["c", "b"]))
            }
            #expect(try store.locks() == ["a": "d1", "b": "d1"])
            #expect(try store.deployment("d2") == nil)
            try store.begin(Self.deployment("d3", ["z"]))
        }
    }

    @Test("output is kept for a client and replaced", arguments: Form.allCases)
    func output(form: Form) throws {
        try Self.with(form) { store in
            try store.begin(Self.deployment("d1", ["a"]))
            #expect(try store.output(of: "a", in: "d1") == nil)
            try store.saveOutput("one", of: "a", in: "d1")
            try store.saveOutput("two", of: "a", in: "d1")
            #expect(try store.output(of: "a", in: "d1") == "two")
        }
    }
}
