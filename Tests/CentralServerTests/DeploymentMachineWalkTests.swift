import CentralServer
import FleetModel
import FoundationEssentials
import TestSupport
import Testing

@Suite("Random walks of a deployment")
struct DeploymentMachineWalkTests {
    @Test("whatever happens in whatever order, what must hold holds, and every walk ends", arguments: 0..<40)
    func walk(_ seed: Int) throws {
        for round in 0..<50 {
            var numbers = SeededRandom(seed: UInt64(seed * 1000 + round))
            try Self.walk(&numbers, "seed \(seed), round \(round)")
        }
    }

    private static func walk(_ numbers: inout SeededRandom, _ name: String) throws {
        let names = (0..<Int.random(in: 1...7, using: &numbers)).map { "c\($0)" }
        let isStormy = Bool.random(using: &numbers)
        var rig = DeploymentMachineRig(names) { request in
            request.batchSize = Int.random(in: 1...4, using: &numbers)
            request.canary = Int.random(in: 0...2, using: &numbers)
            request.maxFailures = Int.random(in: 0...3, using: &numbers)
            request.autoRollback = Bool.random(using: &numbers)
        }
        rig.send(.start)
        for _ in 0..<1000 where !rig.deployment.state.isEnded {
            let before = rig.deployment
            rig.send(event(for: rig, isStormy: isStormy, &numbers))
            check(before, rig, name)
            // A central that is killed here goes on with what it reads.
            let stored = try JSONEncoder().encode(rig.deployment)
            rig.deployment = try JSONDecoder().decode(DeploymentMachine.self, from: stored)
            #expect(Set(rig.deployment.jobs) == rig.running, "\(name)")
        }
        #expect(rig.deployment.state.isEnded, "\(name)")
        let last = rig.deployment
        for event in [DeploymentEvent.start, .pause, .resume, .cancel("y"), .ended(client: "c0", number: 1, .done)] {
            rig.send(event)
        }
        #expect(rig.deployment == last, "\(name)")
    }

    private static func event(
        for rig: DeploymentMachineRig, isStormy: Bool, _ numbers: inout SeededRandom
    ) -> DeploymentEvent {
        let dice = Int.random(in: 0..<100, using: &numbers)
        if dice < 3 { return .pause }
        if dice < 4, isStormy { return .cancel("somebody") }
        if dice < 12 || rig.running.isEmpty { return .resume }
        let sorted = rig.running.sorted { $0.client < $1.client }
        let job = sorted[Int.random(in: 0..<sorted.count, using: &numbers)]
        if dice < 16 { return .ended(client: job.client, number: job.number - 1, .failed("late")) }
        if dice < 17 {
            let client = rig.deployment.clients[Int.random(in: 0..<rig.deployment.clients.count, using: &numbers)]
            return .changed(client: client.name, "somebody else was there")
        }
        if dice < 20, isStormy { return .ended(client: job.client, number: job.number, .leftAlone("strange")) }
        if dice < (isStormy ? 40 : 20) {
            let isScript = job.step == .sync || job.step == .syncBack
            let inUse = ReleaseInUse(version: [nil, "1.0", "2.0"].randomElement(using: &numbers) ?? nil)
            let outcome: DeploymentOutcome =
                isScript && dice % 2 == 0 ? .unfinished("bad luck", inUse: inUse) : .failed("bad luck")
            return .ended(client: job.client, number: job.number, outcome)
        }
        let previous: DeploymentOutcome = .previous(dice < 45 ? nil : "1.0")
        return .ended(client: job.client, number: job.number, job.step == .ask ? previous : .done)
    }

    private static func check(_ before: DeploymentMachine, _ rig: DeploymentMachineRig, _ name: String) {
        let now = rig.deployment
        let context = "\(name): \(before.state) \(before.clients.map(\.status)) → \(now.state) \(rig.states)"
        let begun = Set(now.jobs).subtracting(before.jobs)
        for job in begun {
            let client = now.clients.first { $0.name == job.client }
            let batch = client?.batch ?? -1
            switch job.step {
            case .ask:
                #expect(now.state == .inProgress, "\(context)")
                #expect(now.clients.allSatisfy { $0.batch >= batch || $0.status.isSettled }, "\(context)")
                #expect(now.failureCount <= now.request.maxFailures, "\(context)")
            case .sync, .reload, .watch:
                #expect(
                    now.state == .inProgress || now.state == .paused
                        || (now.state == .cancelling && !now.request.autoRollback && job.step != .sync), "\(context)")
            case .syncBack:
                #expect(now.request.autoRollback && client?.isTouched == true, "\(context)")
                if now.state == .rollingBack || now.state == .cancelling {
                    let isNewest = now.clients.allSatisfy {
                        $0.batch <= batch || !$0.isTouched || $0.isLeftAlone || $0.status == .rolledBack
                            || $0.status == .rollbackFailed
                    }
                    #expect(isNewest, "\(context)")
                }
            case .reloadBack, .watchBack, .settle: break
            }
        }
        for client in now.clients {
            #expect((client.step == nil) || !client.status.isSettled, "\(context)")
            #expect(client.isTouched || !client.status.isUndone, "\(context)")
            #expect(client.status != .failed && client.status != .rollbackFailed || client.error != nil, "\(context)")
        }
        guard now.state.isEnded else {
            if now.state == .paused, now.clients.contains(where: \.isLeftAlone) {
                #expect(now.error?.contains("left alone") == true || now.error == nil, "\(context)")
            }
            // It waits for somebody: for a job, or for the operator.
            #expect(!now.jobs.isEmpty || now.state == .paused, "\(context)")
            return
        }
        #expect(now.jobs.isEmpty && now.completedAt != nil, "\(context)")
        #expect(now.clients.allSatisfy { $0.status.isSettled }, "\(context)")
        let untouched: Set<ClientDeploymentState> = [.skipped, .failed]
        switch now.state {
        case .completed: #expect(now.failureCount <= now.request.maxFailures, "\(context)")
        case .failed:
            let isInVain = now.clients.contains(where: \.isLeftAlone) && !now.clients.contains { $0.status == .healthy }
            #expect((now.failureCount > now.request.maxFailures || isInVain) && now.error != nil, "\(context)")
        case .rolledBack:
            #expect(now.clients.allSatisfy { $0.status == .rolledBack || untouched.contains($0.status) }, "\(context)")
        case .rollbackFailed: #expect(now.clients.contains { $0.status == .rollbackFailed }, "\(context)")
        default: break
        }
        if now.request.autoRollback, now.state != .completed {
            #expect(
                now.clients.allSatisfy { !$0.isTouched || $0.status.isUndone || $0.isLeftAlone },
                "none is left as it is: \(context)")
        }
    }
}

extension ClientDeploymentState {
    fileprivate var isUndone: Bool { self == .rollingBack || self == .rolledBack || self == .rollbackFailed }
}
