import CentralServer
import FleetModel
import FoundationEssentials
import Testing

@Suite("A deployment as a machine")
struct DeploymentMachineTests {
    @Test("takes batch after batch, and the next only when all of one are healthy")
    func batches() {
        var rig = DeploymentMachineRig(["a", "b", "c"]) { $0.batchSize = 2 }
        rig.send(.start)
        #expect(rig.going == ["a ask", "b ask"])
        rig.pass("a", through: [.ask, .sync, .reload, .watch])
        #expect(rig.going == ["b ask"])
        rig.pass("b", through: [.ask, .sync, .reload, .watch])
        #expect(rig.going == ["c ask"])
        rig.pass("c", through: [.ask, .sync, .reload, .watch])
        #expect(rig.deployment.state == .completed)
        #expect(rig.deployment.error == nil)
        #expect(rig.states == ["a healthy", "b healthy", "c healthy"])
    }

    @Test("a canary is a batch of its own")
    func canary() {
        let rig = DeploymentMachineRig(["a", "b", "c", "d", "e"]) {
            $0.batchSize = 2
            $0.canary = 1
        }
        #expect(rig.deployment.clients.map(\.batch) == [0, 1, 1, 2, 2])
    }

    @Test("a failure undoes all that was touched, newest batch first, and skips the rest")
    func rollback() {
        var rig = DeploymentMachineRig(["a", "b", "c", "d"])
        rig.send(.start)
        rig.pass("a", through: [.ask, .sync, .reload, .watch])
        rig.pass("b", through: [.ask, .sync, .reload])
        rig.fail("b", "its workload has failed")
        #expect(rig.deployment.state == .rollingBack)
        #expect(rig.going == ["b syncBack"])
        rig.pass("b", through: [.syncBack, .reloadBack, .watchBack])
        #expect(rig.going == ["a syncBack"])
        rig.pass("a", through: [.syncBack, .reloadBack, .watchBack])
        #expect(rig.deployment.state == .rolledBack)
        #expect(rig.states == ["a rolled_back", "b rolled_back", "c skipped", "d skipped"])
        #expect(rig.deployment.error?.contains("its workload has failed") == true)
    }

    @Test("a client without a previous release, or one whose rollback fails, says so, and the others go on")
    func stuckRollback() {
        var rig = DeploymentMachineRig(["a", "b", "c"]) { $0.batchSize = 3 }
        rig.send(.start)
        rig.end("a", .previous(nil))
        rig.end("b", .previous("1"))
        rig.end("c", .previous("1"))
        rig.fail("c", "no room on the disk")
        #expect(rig.states == ["a rollback_failed", "b rolling_back", "c rolling_back"])
        rig.fail("b", "it has gone")
        rig.pass("c", through: [.syncBack, .reloadBack, .watchBack])
        #expect(rig.deployment.state == .rollbackFailed)
        #expect(rig.states == ["a rollback_failed", "b rollback_failed", "c rolled_back"])
        #expect(rig.deployment.clients.allSatisfy { $0.error != nil })
    }

    @Test("within the budget a client that fails is rolled back alone, and the count is told at the end")
    func budget() {
        var rig = DeploymentMachineRig(["a", "b"]) { $0.maxFailures = 1 }
        rig.send(.start)
        rig.pass("a", through: [.ask])
        rig.fail("a", "ssh: no route to host")
        #expect(rig.going == ["a syncBack"])
        rig.pass("a", through: [.syncBack, .reloadBack, .watchBack])
        #expect(rig.going == ["b ask"])
        rig.pass("b", through: [.ask, .sync, .reload, .watch])
        #expect(rig.deployment.state == .completed)
        #expect(rig.deployment.error?.contains("1 of 2 clients failed") == true)
    }

    @Test("without auto_rollback the batch comes to its end, the rest is skipped, and it has failed")
    func noRollback() {
        var rig = DeploymentMachineRig(["a", "b", "c"]) {
            $0.batchSize = 2
            $0.autoRollback = false
        }
        rig.send(.start)
        rig.fail("a", "it does not answer")
        #expect(rig.deployment.state == .inProgress)
        rig.pass("b", through: [.ask, .sync, .reload, .watch])
        #expect(rig.deployment.state == .failed)
        #expect(rig.states == ["a failed", "b healthy", "c skipped"])
    }

    @Test("paused: what was begun comes to its end, nothing begins until it is resumed")
    func pause() {
        var rig = DeploymentMachineRig(["a", "b"])
        rig.send(.start)
        rig.pass("a", through: [.ask])
        rig.send(.pause)
        rig.pass("a", through: [.sync, .reload, .watch])
        #expect(rig.going.isEmpty)
        #expect(rig.deployment.state == .paused)
        rig.send(.resume)
        #expect(rig.going == ["b ask"])
    }

    @Test("cancelled: scripts end, touched clients are rolled back, the others skipped")
    func cancel() {
        var rig = DeploymentMachineRig(["a", "b", "c", "d"]) { $0.batchSize = 2 }
        rig.send(.start)
        rig.pass("a", through: [.ask])
        rig.send(.cancel("the operator"))
        #expect(rig.deployment.state == .cancelling)
        #expect(rig.going == ["a syncBack"])
        #expect(rig.states == ["a rolling_back", "b skipped", "c skipped", "d skipped"])
        rig.pass("a", through: [.syncBack, .reloadBack, .watchBack])
        #expect(rig.deployment.state == .cancelled)
        #expect(rig.deployment.error == "cancelled by the operator")
    }

    @Test("cancelled without auto_rollback: a client whose script was ended is reloaded, so that none is half switched")
    func cancelWithoutRollback() {
        var rig = DeploymentMachineRig(["a", "b", "c"]) {
            $0.batchSize = 2
            $0.autoRollback = false
        }
        rig.send(.start)
        rig.pass("a", through: [.ask])
        rig.pass("b", through: [.ask, .sync])
        rig.send(.cancel("the operator"))
        #expect(rig.going == ["a settle", "b reload"])
        rig.end("a", .done)
        rig.pass("b", through: [.reload, .watch])
        #expect(rig.deployment.state == .cancelled)
        #expect(rig.states == ["a failed", "b healthy", "c skipped"])
    }

    @Test(
        "cancel ends every state that has an end to come, and changes no ended one", arguments: DeploymentState.allCases
    )
    func cancelEverywhere(_ state: DeploymentState) throws {
        guard var rig = DeploymentMachineRig.arrived(at: state) else {
            #expect(state == .planned)
            return
        }
        let before = rig.deployment
        rig.send(.cancel("x"))
        switch state {
        case .pending: #expect(rig.deployment.state == .cancelled)
        case .inProgress, .paused: #expect(rig.deployment.state == .cancelling)
        case .rollingBack, .cancelling: #expect(rig.deployment.state == state)
        default: #expect(rig.deployment == before)
        }
        rig.finishAll()
        #expect(rig.deployment.state.isEnded)
    }

    @Test("a client that somebody else has changed is left alone on the way there, and the deployment is paused")
    func leftAlone() {
        var rig = DeploymentMachineRig(["a", "b", "c"]) { $0.batchSize = 2 }
        rig.send(.start)
        rig.pass("a", through: [.ask])
        rig.end("a", .leftAlone("it has release 1.2 in use"))
        #expect(rig.deployment.state == .paused)
        #expect(rig.deployment.error?.contains("client 'a' is left alone, since it has release 1.2 in use") == true)
        #expect(rig.states == ["a skipped", "b pending", "c pending"], "nothing that was not touched is begun")
        rig.send(.resume)
        #expect(rig.deployment.error == nil)
        rig.pass("b", through: [.ask, .sync, .reload, .watch])
        rig.pass("c", through: [.ask, .sync, .reload])
        rig.fail("c", "its workload has failed")
        #expect(rig.going == ["c syncBack"], "a is not rolled back, for nothing of it is ours")
        rig.end("c", .leftAlone("it has release 1.3 in use"))
        #expect(rig.going == ["b syncBack"])
        rig.pass("b", through: [.syncBack, .reloadBack, .watchBack])
        #expect(rig.states == ["a skipped", "b rolled_back", "c rollback_failed"])
        #expect(rig.deployment.clients[2].error?.contains("left alone: it has release 1.3 in use") == true)
    }

    @Test("left alone, all of it: it waits for whoever asked for it, and has failed when that goes on")
    func allLeftAlone() {
        var rig = DeploymentMachineRig(["a"])
        rig.send(.start)
        rig.end("a", .leftAlone("it has release 1.2 in use"))
        #expect(rig.deployment.state == .paused)
        var other = rig
        rig.send(.resume)
        #expect(rig.deployment.state == .failed)
        #expect(rig.deployment.error?.contains("not brought to 'a', left alone: it has release 1.2") == true)
        other.send(.cancel("x"))
        #expect(other.deployment.state == .cancelled)
    }

    @Test(
        "who has something else when asked than when the deployment was asked for was changed by somebody else",
        arguments: [
            (ReleaseInUse(version: "1.0", digest: "a"), ReleaseInUse(version: "1.0", digest: "b"), true),
            (ReleaseInUse(version: "1.0", digest: "a"), ReleaseInUse(version: "1.2"), true),
            (ReleaseInUse(version: nil), ReleaseInUse(version: "1.0"), true),
            (ReleaseInUse(version: "1.0", digest: "a"), ReleaseInUse(version: nil), true),
            (ReleaseInUse(version: "1.0", digest: "a"), ReleaseInUse(version: "1.0", digest: "a"), false),
            (ReleaseInUse(version: "1.0"), ReleaseInUse(version: "1.0", digest: "a"), false),
            (ReleaseInUse(version: "1.0"), ReleaseInUse(version: "2.0", digest: "ours"), false),
            (ReleaseInUse(version: "1.0"), ReleaseInUse(version: "2.0", digest: "strange"), true),
        ])
    func changedSincePlanned(planned: ReleaseInUse, found: ReleaseInUse, isAlone: Bool) {
        var rig = DeploymentMachineRig([])
        rig.deployment = DeploymentMachine(
            id: "1", request: DeploymentRequest(version: "2.0"), digest: "ours", targets: ["a"],
            present: ["a": planned], createdAt: DeploymentMachineRig.time, createdBy: nil)
        rig.send(.start)
        rig.end("a", .previous(found.version, digest: found.digest))
        #expect(rig.deployment.clients[0].isLeftAlone == isAlone)
        #expect((rig.deployment.state == .paused) == isAlone)
    }

    @Test("a job says which release is meant by its digest, and what else may be in use")
    func jobs() {
        var rig = DeploymentMachineRig([])
        rig.deployment = DeploymentMachine(
            id: "1", request: DeploymentRequest(version: "2.0"), digest: "ours", targets: ["a"],
            createdAt: DeploymentMachineRig.time, createdBy: nil)
        rig.send(.start)
        rig.end("a", .previous("2.0", digest: "former"))
        let (ours, former) = (
            ReleaseInUse(version: "2.0", digest: "ours"), ReleaseInUse(version: "2.0", digest: "former")
        )
        #expect(rig.running.first?.release == ours)
        #expect(rig.running.first?.other == former)
        rig.fail("a", "no")
        #expect(rig.running.first?.step == .syncBack)
        #expect(rig.running.first?.release == former)
        #expect(rig.running.first?.other == ours)
        #expect(rig.deployment.status.digest == "ours")
        #expect(rig.deployment.status.clientStatuses.first?.previousDigest == "former")
    }

    @Test("one that an older central has stored goes on")
    func older() throws {
        var rig = DeploymentMachineRig(["a"])
        rig.send(.start)
        rig.pass("a", through: [.ask])
        var text = String(decoding: try JSONEncoder().encode(rig.deployment), as: UTF8.self)
        for key in ["digest", "previousDigest", "planned", "leftAlone"] { #expect(!text.contains("\"\(key)\"")) }
        text = text.replacing("\"isTouched\"", with: "\"somethingNewer\":1,\"isTouched\"")
        #expect(try JSONDecoder().decode(DeploymentMachine.self, from: Data(text.utf8)) == rig.deployment)
    }

    @Test(
        "a script that fails before the switch leaves nothing to undo, one that fails after it does (R5)",
        arguments: [("1.0", false), ("2.0", true), (nil, true)] as [(String?, Bool)])
    func unfinished(inUse: String?, isTouched: Bool) {
        var rig = DeploymentMachineRig(["a"])
        rig.send(.start)
        rig.end("a", .previous("1.0"))
        rig.end("a", .unfinished("no room", inUse: ReleaseInUse(version: inUse)))
        #expect(rig.going == (isTouched ? ["a syncBack"] : []))
        guard isTouched else {
            #expect(rig.states == ["a failed"])
            #expect(rig.deployment.state == .rolledBack)
            return
        }
        // On the way back it is the same the other way round: one that has it already is reloaded and watched.
        rig.end("a", .unfinished("no room", inUse: ReleaseInUse(version: inUse)))
        #expect(rig.states == ["a rollback_failed"])
        var back = DeploymentMachineRig(["a"])
        back.send(.start)
        back.end("a", .previous("1.0"))
        back.fail("a", "no room")
        back.end("a", .unfinished("no way", inUse: ReleaseInUse(version: "1.0")))
        #expect(back.going == ["a reloadBack"])
    }

    @Test("a first deployment whose script fails before the switch has failed, and nobody is left half rolled back")
    func unfinishedFirst() {
        var rig = DeploymentMachineRig(["a"])
        rig.send(.start)
        rig.end("a", .previous(nil))
        rig.end("a", .unfinished("no ssh connection", inUse: ReleaseInUse(version: nil)))
        #expect(rig.states == ["a failed"])
        #expect(rig.deployment.state == .rolledBack)
        // The same version as before: what is in use now, nobody knows.
        var same = DeploymentMachineRig(["a"])
        same.send(.start)
        same.end("a", .previous("2.0"))
        same.end("a", .unfinished("no room", inUse: ReleaseInUse(version: "2.0")))
        #expect(same.going == ["a syncBack"])
    }

    @Test("an answer of an earlier step, or of nobody, changes nothing")
    func stale() {
        var rig = DeploymentMachineRig(["a"])
        rig.send(.start)
        rig.pass("a", through: [.ask])
        let before = rig.deployment
        rig.send(.ended(client: "a", number: 1, .failed("late")))
        rig.send(.ended(client: "z", number: 1, .done))
        rig.send(.start)
        rig.send(.resume)
        #expect(rig.deployment == before)
    }

    @Test("a client that cannot be reached is skipped from the beginning and counts in no batch")
    func unreachable() {
        let deployment = DeploymentMachine(
            id: "1", request: DeploymentRequest(version: "2"), targets: ["a", "b", "c"],
            unreachable: ["a": "no answer"], createdAt: DeploymentMachineRig.time, createdBy: nil)
        #expect(deployment.clients.map(\.status) == [.skipped, .pending, .pending])
        #expect(deployment.clients.map(\.batch) == [0, 0, 1])
        #expect(deployment.status.clientStatuses.first?.error == "no answer")
    }
}
