import FleetConfig
import FleetHTTP
import FleetModel

/// Everything that must be right before a deployment is stored.
struct Admission: Sendable {
    static let batchSizes = 1...10_000
    static let timeouts = 0.1...86_400.0
    static let mostTargets = 10_000
    /// Clients that are asked whether they are there at the same time.
    static let looksAtOnce = 64

    struct Decision: Sendable {
        var targets: [String]
        /// Left out, and why.
        var unreachable: [String: String]
        /// Why it can't be done.
        var refusals: [DeploymentRefusal]
        /// What clients have in use now, as far as they say.
        var present: [String: ReleaseInUse] = [:]
        /// Of the release as it lies in its folder now; nil where that can't be had.
        var digest: String?
    }

    let settings: CentralSettings
    let state: FleetState
    let steps: ClientSteps
    let catalog: ReleaseCatalog

    /// - Throws: `APIError` 400 for what can't be meant, whatever the fleet is like.
    static func check(_ request: DeploymentRequest) throws {
        guard Identifier.isVersion(request.version) else {
            throw APIError.badRequest("'version' must be the name of a release: \(Identifier.nameRule), or '+'")
        }
        func inRange<Number: Comparable>(_ name: String, _ value: Number, _ range: ClosedRange<Number>) throws {
            guard range.contains(value) else {
                throw APIError.badRequest("'\(name)' must be from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try inRange("batch_size", request.batchSize, batchSizes)
        try inRange("canary", request.canary, 0...10_000)
        try inRange("max_failures", request.maxFailures, 0...10_000)
        try inRange("health_check_timeout", request.healthCheckTimeout, timeouts)
        try inRange("min_healthy_seconds", request.minHealthySeconds, 0...3600)
        guard request.minHealthySeconds < request.healthCheckTimeout else {
            throw APIError.badRequest("'min_healthy_seconds' must be less than 'health_check_timeout'")
        }
        guard let targets = request.targetClients else { return }
        guard !targets.isEmpty, targets.count <= mostTargets else {
            throw APIError.badRequest(
                "'target_clients' must name 1 to \(mostTargets) clients; leave it out for all that are online")
        }
        if let bad = targets.first(where: { !Identifier.isName($0) }) {
            throw APIError.badRequest(
                "'\(bad.cut(toBytes: 80))' in 'target_clients' is no name: \(Identifier.nameRule)")
        }
        var seen: Set<String> = []
        if let doubled = targets.first(where: { !seen.insert($0).inserted }) {
            throw APIError.badRequest("'target_clients' names '\(doubled)' twice")
        }
    }

    /// - Throws: `APIError` 400 for an unknown target.
    func decide(_ request: DeploymentRequest) async throws -> Decision {
        try Self.check(request)
        let known = state.ask { picture, now in
            let online = picture.overviews(at: now).filter { $0.status == .online }.map(\.name)
            let unknown = request.targetClients?.filter { !picture.knows($0) } ?? []
            return (online: online, unknown: unknown, listed: Set(picture.inventory.clients.map(\.name)))
        }
        guard known.unknown.isEmpty else {
            throw APIError.badRequest(
                "there is no client \(known.unknown.prefix(10).map { "'\($0)'" }.joined(separator: ", ")) in this fleet"
            )
        }
        var decision = Decision(targets: request.targetClients ?? known.online, unreachable: [:], refusals: [])
        if decision.targets.isEmpty {
            decision.refusals.append(DeploymentRefusal(reason: "no client is online; name some in 'target_clients'"))
        }
        if let problem = await catalog.problem(of: request.version) {
            decision.refusals.append(DeploymentRefusal(reason: problem))
        } else {
            decision.digest = await catalog.digest(of: request.version)
        }
        if let problem = steps.script.problem {
            decision.refusals.append(DeploymentRefusal(reason: problem))
        }
        var trouble: [String: String] = [:]
        for name in decision.targets where !known.listed.contains(name) {
            trouble[name] = "it is not in the inventory, so that there is no way to it by ssh"
        }
        let rest = decision.targets.filter { trouble[$0] == nil }
        for (name, look) in await looks(at: rest) {
            switch look {
            case .present(let release): decision.present[name] = release
            case .unreachable(let reason): trouble[name] = reason
            }
        }
        if request.skipUnreachable {
            decision.unreachable = trouble
            if !decision.targets.isEmpty, trouble.count == decision.targets.count {
                decision.refusals.append(DeploymentRefusal(reason: "none of the clients can be reached"))
            }
        }
        if !request.skipUnreachable || trouble.count == decision.targets.count {
            decision.refusals += decision.targets.compactMap { name in
                trouble[name].map { DeploymentRefusal(client: name, reason: $0) }
            }
        }
        return decision
    }

    private func looks(at clients: [String]) async -> [String: ClientLook] {
        await withTaskGroup(of: (String, ClientLook).self) { tasks in
            var looks: [String: ClientLook] = [:]
            for (index, client) in clients.enumerated() {
                if index >= Self.looksAtOnce, let (name, look) = await tasks.next() { looks[name] = look }
                tasks.addTask { (client, await steps.look(at: client)) }
            }
            for await (name, look) in tasks { looks[name] = look }
            return looks
        }
    }
}
