import CentralServer
import FleetModel

/// A deployment that a test leads through its states, with what the intents add up to.
struct DeploymentMachineRig {
    static let time = Timestamp(milliseconds: 1_800_000_000_000)
    var deployment: DeploymentMachine
    /// What an executor would have going.
    var running: Set<DeploymentJob> = []

    init(_ clients: [String], _ change: (inout DeploymentRequest) -> Void = { _ in }) {
        var request = DeploymentRequest(version: "2.0")
        change(&request)
        deployment = DeploymentMachine(
            id: "d1", request: request, targets: clients, createdAt: Self.time, createdBy: "test")
    }

    mutating func send(_ event: DeploymentEvent) {
        let intents = deployment.handle(event, at: Self.time)
        running.subtract(intents.end)
        running.formUnion(intents.begin)
    }

    mutating func end(_ client: String, _ outcome: DeploymentOutcome) {
        guard let job = running.first(where: { $0.client == client }) else { return }
        send(.ended(client: client, number: job.number, outcome))
    }

    mutating func fail(_ client: String, _ reason: String) { end(client, .failed(reason)) }

    /// All of these succeed, one after the other; one that is not going on stops it.
    mutating func pass(_ client: String, through steps: [DeploymentStep]) {
        for step in steps {
            guard running.contains(where: { $0.client == client && $0.step == step }) else { return }
            end(client, step == .ask ? .previous("1.0") : .done)
        }
    }

    /// All that is going on succeeds until there is nothing left.
    mutating func finishAll() {
        if deployment.state == .pending { send(.start) }
        if deployment.state == .paused { send(.resume) }
        while let job = running.first { end(job.client, job.step == .ask ? .previous("1.0") : .done) }
    }

    var going: [String] { running.map { "\($0.client) \($0.step)" }.sorted() }
    var states: [String] { deployment.clients.map { "\($0.name) \($0.status.rawValue)" } }

    /// One that has come to a state, by the shortest way.
    static func arrived(at state: DeploymentState) -> DeploymentMachineRig? {
        var rig = DeploymentMachineRig(["a", "b"]) { $0.autoRollback = state != .failed }
        if state == .pending { return rig }
        if state == .planned { return nil }
        rig.send(.start)
        if state == .failed {
            rig.fail("a", "x")
            return rig
        }
        if state == .completed {
            rig.finishAll()
            return rig
        }
        rig.pass("a", through: [.ask])
        switch state {
        case .inProgress: break
        case .paused: rig.send(.pause)
        case .cancelling, .cancelled: rig.send(.cancel("x"))
        default: rig.fail("a", "x")
        }
        if state == .cancelled || state == .rolledBack { rig.finishAll() }
        if state == .rollbackFailed { rig.fail("a", "y") }
        return rig
    }
}
