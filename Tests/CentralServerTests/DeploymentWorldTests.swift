import CentralServer
import FleetModel
import FoundationEssentials
import TestSupport
import Testing

/// Clients as they are, whatever a central thinks of them: a release in use, and a daemon that answers or does not. Steps
/// are done to them as `ClientSteps` and the deploy script do them.
private struct DeploymentWorld {
    static let ours = ReleaseInUse(version: "2.0", digest: "ours")
    /// What clients have at first: another version, another content of the same one, nothing, or what a daemon tells
    /// without a digest.
    static let firsts = [
        ReleaseInUse(version: "1.0", digest: "former"), ReleaseInUse(version: "2.0", digest: "former"),
        ReleaseInUse(version: nil), ReleaseInUse(version: "1.0"),
    ]
    static let strange = [
        ReleaseInUse(version: "9.9", digest: "strange"), ReleaseInUse(version: "2.0", digest: "strange"),
    ]

    struct Client {
        let first: ReleaseInUse
        var has: ReleaseInUse
        var answers = true
        /// Changed by somebody else: from then on it is theirs.
        var theirs: ReleaseInUse?
    }

    var clients: [String: Client]

    func present(_ name: String) -> ReleaseInUse? { clients[name].flatMap { $0.answers ? $0.has : nil } }

    mutating func `do`(_ job: DeploymentJob, fails: Bool, midway: Bool) -> DeploymentOutcome {
        guard let client = clients[job.client] else { return .failed("there is no such client") }
        if let present = present(job.client), let reason = job.objection(to: present) { return .leftAlone(reason) }
        switch job.step {
        case .ask:
            guard client.answers, !fails else { return .failed("no answer") }
            return .previous(client.has.version, digest: client.has.digest)
        case .sync, .syncBack:
            // On the client, whether its daemon answers or not.
            if let reason = job.objection(to: client.has) { return .leftAlone(reason) }
            if job.step.isBack, job.version == "" { return .failed("it had none") }
            if !fails || midway { clients[job.client]?.has = job.release }
            guard fails else { return .done }
            // Who is asked says what is in use after all.
            return present(job.client).map { .unfinished("no way to it", inUse: $0) } ?? .failed("no way to it")
        case .reload, .reloadBack, .settle, .watch, .watchBack:
            return client.answers && !fails ? .done : .failed("no answer")
        }
    }
}

@Suite("Random walks of a deployment of clients that change meanwhile")
struct DeploymentWorldTests {
    @Test("what somebody else brought is never written over, and what is said of a client is so", arguments: 0..<40)
    func walk(_ seed: Int) throws {
        for round in 0..<25 {
            var numbers = SeededRandom(seed: UInt64(seed * 1000 + round) &+ 77)
            try Self.walk(&numbers, "seed \(seed), round \(round)")
        }
    }

    private static func walk(_ numbers: inout SeededRandom, _ name: String) throws {
        let names = (0..<Int.random(in: 1...6, using: &numbers)).map { "c\($0)" }
        var world = DeploymentWorld(clients: [:])
        for client in names {
            let first = DeploymentWorld.firsts[Int.random(in: 0..<4, using: &numbers)]
            world.clients[client] = .init(first: first, has: first)
        }
        var request = DeploymentRequest(version: "2.0")
        request.batchSize = Int.random(in: 1...3, using: &numbers)
        request.maxFailures = Int.random(in: 0...2, using: &numbers)
        request.autoRollback = Int.random(in: 0..<4, using: &numbers) > 0
        var deployment = DeploymentMachine(
            id: "d", request: request, digest: "ours", targets: names,
            present: names.reduce(into: [:]) { $0[$1] = world.present($1) }, createdAt: DeploymentMachineRig.time,
            createdBy: nil)
        // What the store holds: what failed to be written is not so.
        func send(_ event: DeploymentEvent) {
            var next = deployment
            _ = next.handle(event, at: DeploymentMachineRig.time)
            if Int.random(in: 0..<10, using: &numbers) > 0 { deployment = next }
        }
        for turn in 0..<3000 where !deployment.state.isEnded {
            let dice = Int.random(in: 0..<100, using: &numbers)
            let client = names[Int.random(in: 0..<names.count, using: &numbers)]
            if dice < 4, turn < 200 {
                // Somebody else, with a script of their own.
                let release = DeploymentWorld.strange[Int.random(in: 0..<2, using: &numbers)]
                world.clients[client]?.has = release
                world.clients[client]?.theirs = release
            } else if dice < 10 {
                world.clients[client]?.answers.toggle()
            } else if dice < 12 {
                // The central was killed, and the next one looks at what was done.
                deployment = try JSONDecoder().decode(
                    DeploymentMachine.self, from: try JSONEncoder().encode(deployment))
                for client in deployment.clients where client.step == nil && client.isTouched && !client.isLeftAlone {
                    guard let present = world.present(client.name), !present.mayBe(deployment.release),
                        !present.mayBe(client.previous)
                    else { continue }
                    send(.changed(client: client.name, "it has \(present.words)"))
                }
            } else if dice < 13 {
                send(.cancel("somebody"))
            } else if deployment.state == .pending {
                send(.start)
            } else if let job = deployment.jobs.randomElement(using: &numbers) {
                let outcome = world.do(job, fails: dice < 35, midway: dice < 20)
                send(.ended(client: job.client, number: job.number, outcome))
            } else if deployment.state == .paused {
                #expect(deployment.error?.contains("left alone") == true, "\(name): \(deployment.status)")
                if dice > 60 { send(.resume) }
            } else {
                Issue.record("\(name): nothing goes on, and nobody is waited for: \(deployment.status)")
            }
        }
        #expect(deployment.state.isEnded, "\(name): \(deployment.status)")
        for client in deployment.clients { check(client, deployment, world, name) }
    }

    private static func check(
        _ client: DeploymentTarget, _ deployment: DeploymentMachine, _ world: DeploymentWorld, _ name: String
    ) {
        guard let real = world.clients[client.name] else { return }
        let context = "\(name), \(client.name): \(client.status) \(client.error ?? ""), has \(real.has)"
        if let theirs = real.theirs {
            #expect(real.has == theirs, "\(context)")
            return
        }
        #expect(!client.isLeftAlone, "nobody else has changed it: \(context)")
        switch client.status {
        case .healthy: #expect(real.has == DeploymentWorld.ours, "\(context)")
        case .rolledBack: #expect(real.has == real.first, "\(context)")
        case .skipped: #expect(real.has == real.first, "\(context)")
        case .failed:
            if deployment.request.autoRollback, !client.isTouched { #expect(real.has == real.first, "\(context)") }
        default: break
        }
    }
}
