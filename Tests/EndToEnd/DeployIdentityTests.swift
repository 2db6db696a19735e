import FleetModel
import Foundation
import TestSupport
import Testing

/// A release is known by what is in it: with the real programs, and with the script alone.
@Suite("Which release is on a client", .serialized, .timeLimit(.minutes(10)))
struct DeployIdentityTests {
    static let good = "echo good; exec sleep infinity"

    private static func app(_ client: TestHost) -> String { client.read("current/configs/app.yaml") }

    private static func deployment(_ fleet: DeployFleet) async throws -> DeploymentStatus {
        let list = try await fleet.control.run("deployments", "--json")
        return try #require(
            try JSONDecoder().decode([DeploymentStatus].self, from: Data(list.output.utf8)).first)
    }

    @Test("a rollback brings back what ran, whatever the control host's folder of that version says now")
    func folderChanged() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            try fleet.release("2.0", command: Self.good)
            #expect(try await fleet.deploy("2.0", "--batch-size", "2").status == 0)
            let before = fleet.clients.map(Self.app)
            try fleet.release("2.0", command: "echo dying; exit 3")
            try fleet.control.write("not there before\n", to: "releases/2.0/files/more")
            let broken = try await fleet.deploy("broken", "--batch-size", "2")
            #expect(broken.status == 1)
            #expect(broken.output.contains("deployment rolled_back"), "\(broken.output)")
            #expect(fleet.current == ["2.0", "2.0"])
            #expect(fleet.clients.map(Self.app) == before)
            for client in fleet.clients {
                #expect(client.read("current/files/more") == "")
                let app = try await client.until("app", "runs") { $0.status == .running }
                #expect(app.release == "2.0")
            }
        }
    }

    @Test(
        "the same version with other content is another release: what runs is not written over, and is what comes back")
    func sameVersion() async throws {
        try await DeployFleet.with(clients: 1) { fleet in
            let client = fleet.clients[0]
            try fleet.release("2.0", command: Self.good)
            #expect(try await fleet.deploy("2.0").status == 0)
            let first = try #require(try await Self.deployment(fleet).digest)
            let running = realPath(client.folder + "/current")
            let before = try FileManager.default.subpathsOfDirectory(atPath: running)
            try fleet.release("2.0", command: "echo dying; exit 3")
            let plan = try await fleet.control.run("deploy", "2.0", "--clients", "n1", "--dry-run")
            #expect(plan.output.contains("2.0@\(first.prefix(6))"), "\(plan.output)")
            let begun = try await fleet.begin("2.0")
            #expect(begun.digest != first)
            _ = try await fleet.until(begun.id, "has switched") { $0.clientStatuses[0].status != .deploying }
            #expect(try FileManager.default.subpathsOfDirectory(atPath: running) == before)
            let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
            #expect(ended.status == .rolledBack, "\(ended)")
            #expect(ended.clientStatuses[0].previousDigest == first)
            #expect(Self.app(client).contains("good"))
            #expect(realPath(client.folder + "/current") == running)
            let overview = try await until("the central knows which one it is") {
                let clients = try await fleet.control.run("clients", "--json")
                return try JSONDecoder().decode([ClientOverview].self, from: Data(clients.output.utf8))
                    .first { $0.deployedDigest == first }
            }
            #expect(overview.deployedVersion == "2.0")
            // A good one of that version stays beside it, and both are told apart.
            try fleet.release("2.0", command: "echo better; exec sleep infinity")
            #expect(try await fleet.deploy("2.0").status == 0)
            #expect(Self.app(client).contains("better"))
            #expect(fleet.current == ["2.0"])
            let app = try await client.until("app", "runs") { $0.status == .running }
            #expect(app.release == "2.0")
        }
    }

    @Test("what a client does not keep any more, or was changed there, is not replaced by another: it says so")
    func copyGone() async throws {
        for (does, says) in [("rm -rf", "does not keep 1.0@"), ("echo more >>", "was changed after it was brought")] {
            try await DeployFleet.with(clients: 1) { fleet in
                let client = fleet.clients[0]
                #expect(try await fleet.deploy("1.0").status == 0)
                let begun = try await fleet.begin("1.1", ["--min-healthy-seconds", "8"])
                _ = try await fleet.until(begun.id, "watches") { $0.clientStatuses[0].status == .deployed }
                let target = does == "rm -rf" ? "releases/1.0" : "releases/1.0/files/7"
                let done = try await speak("/bin/sh", ["-euc", "\(does) \(target)"], in: client.folder)
                #expect(done.status == 0, "\(done.errors)")
                _ = try await fleet.control.run("cancel", begun.id ?? "")
                let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
                #expect(ended.clientStatuses.map(\.status) == [.rollbackFailed], "\(ended)")
                #expect(ended.error?.contains(says) == true, "\(ended.error ?? "")")
                #expect(fleet.current == ["1.1"])
            }
        }
    }

    @Test("a folder that changes while its deployment goes on is not brought to the next batch")
    func changedBetweenBatches() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            #expect(try await fleet.deploy("1.0", "--batch-size", "2").status == 0)
            let begun = try await fleet.begin("1.1", ["--min-healthy-seconds", "3"])
            _ = try await fleet.until(begun.id, "watches its first client") {
                $0.clientStatuses[0].status == .deployed
            }
            try fleet.control.write("another\n", to: "releases/1.1/files/7")
            let ended = try await fleet.until(begun.id, "has ended") { $0.status.isEnded }
            #expect(ended.status == .rolledBack, "\(ended)")
            #expect(ended.error?.contains("is not the one that was meant") == true, "\(ended.error ?? "")")
            #expect(fleet.current == ["1.0", "1.0"])
        }
    }

    @Test("a store from a backup resumes an old deployment: clients that have moved on keep what they have")
    func backup() async throws {
        try await DeployFleet.with(clients: 2) { fleet in
            try fleet.release("1.2", command: "echo app 1.2; exec sleep infinity")
            #expect(try await fleet.deploy("1.0", "--batch-size", "2").status == 0)
            let old = try await fleet.begin("1.1", ["--min-healthy-seconds", "3"])
            _ = try await fleet.until(old.id, "watches its first client") { $0.clientStatuses[0].status == .deployed }
            try await fleet.control.killAll()
            let copy = try await speak(
                "/bin/sh", ["-euc", "mkdir backup; cp fleet.db* backup"], in: fleet.control.folder)
            #expect(copy.status == 0, "\(copy.errors)")
            try await fleet.control.up()
            _ = try await fleet.until(old.id, "has ended") { $0.status.isEnded }
            #expect(try await fleet.deploy("1.2", "--batch-size", "2").status == 0)
            try await fleet.control.killAll()
            _ = try await speak("/bin/sh", ["-euc", "rm fleet.db*; cp backup/* ."], in: fleet.control.folder)
            try await fleet.control.up()
            let paused = try await fleet.until(old.id, "is not in progress") { $0.status != .inProgress }
            #expect(paused.status == .paused, "\(paused)")
            #expect(paused.error?.contains("it has release 1.2@") == true, "\(paused.error ?? "")")
            #expect(fleet.current == ["1.2", "1.2"])
            _ = try await fleet.control.run("cancel", old.id ?? "")
            _ = try await fleet.until(old.id, "has ended") { $0.status.isEnded }
            #expect(fleet.current == ["1.2", "1.2"])
        }
    }

    // MARK: - The script alone

    @Test("the script leaves alone what has something else in use than was expected, with a status of its own")
    func leftAlone() async throws {
        try await ScriptRig.with { rig in
            let none = try await rig.sync("1", ["MCTL_RELEASE_EXPECTED": "2@-"])
            #expect(none.status == 3, "\(none.output)\(none.errors)")
            #expect(none.errors.contains("left alone: it has release none in use, neither 2 nor 1@"), "\(none.errors)")
            #expect(rig.current == nil)
            #expect(try await rig.sync("1", ["MCTL_RELEASE_EXPECTED": "-"]).status == 0)
            let sum = rig.host.read("there/releases/.checksums/1").trimmingCharacters(in: .newlines)
            let zeroes = String(repeating: "0", count: 64)
            for (expected, status) in [
                ("-", 3), ("3@-", 3), ("1@\(zeroes)", 3), ("3@\(zeroes)", 3), ("1@\(sum)", 0), ("1@-", 0), ("any", 0),
                ("1", 1), ("1@x", 1), ("a b@-", 1),
            ] {
                let spoken = try await rig.sync("2", ["MCTL_RELEASE_EXPECTED": expected])
                #expect(spoken.status == Int32(status), "\(expected): \(spoken.output)\(spoken.errors)")
                #expect(rig.current == (status == 0 ? "releases/2" : "releases/1"))
                #expect(try await rig.sync("1").status == 0)
            }
        }
    }

    @Test("the way back is to what the client keeps, by its digest, with what Python wrote into it")
    func back() async throws {
        try await ScriptRig.with { rig in
            #expect(try await rig.sync("1").status == 0)
            let first = rig.host.read("there/releases/.checksums/1").trimmingCharacters(in: .newlines)
            try rig.host.write("other\n", to: "releases/1/data/same")
            #expect(try await rig.sync("1").status == 0)
            let folder = try #require(rig.current?.split(separator: "/").dropFirst().first.map(String.init))
            #expect(folder.hasPrefix("1@"))
            #expect(rig.current?.hasSuffix("/1") == true)
            let second = rig.host.read("there/releases/.checksums/\(folder)").trimmingCharacters(in: .newlines)
            try await rig.shell(
                "mkdir there/releases/1/data/__pycache__; echo x >there/releases/1/data/__pycache__/a.pyc")
            for (wanted, leads) in [(first, "releases/1"), (second, "releases/\(folder)/1"), (first, "releases/1")] {
                let back = try await rig.sync("1", ["MCTL_RELEASE_BACK": "1", "MCTL_RELEASE_DIGEST": wanted])
                #expect(back.status == 0, "\(back.output)\(back.errors)")
                #expect(rig.current == leads)
            }
            #expect(rig.host.read("there/current/data/same") == "the same\n")
            // Of two with one name, nobody knows which is meant; of two of which one is ours, the other.
            #expect(try await rig.sync("2").status == 0)
            let open = try await rig.sync("1", ["MCTL_RELEASE_BACK": "1"])
            #expect(open.status == 1)
            #expect(open.errors.contains("which one ran before is not known"), "\(open.errors)")
            let told = try await rig.sync(
                "1", ["MCTL_RELEASE_BACK": "1", "MCTL_RELEASE_EXPECTED": "any"])
            #expect(told.status == 1)
            #expect(rig.current == "releases/2")
        }
    }
}

private func realPath(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return "" }
    defer { free(real) }
    return String(cString: real)
}
