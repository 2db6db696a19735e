import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// Deployments and releases.
struct DeploymentRoutes: Sendable {
    let state: FleetState
    let deployer: Deployer
    let admission: Admission
    let catalog: ReleaseCatalog

    func add(to routes: inout Routes) {
        routes.on(CentralEndpoint.deploy, needs: .deploy) { request, context in
            try .json(try await deploy(request.json(DeploymentRequest.self), context))
        }
        routes.on(CentralEndpoint.deployments, needs: .status) { request, _ in
            let limit = try request.integer("limit", in: WireLimits.deployments, default: 20)
            return try .json(try await deployer.read { try $0.deployments(limit: limit) }.map(\.status))
        }
        routes.on(CentralEndpoint.deployment, needs: .status) { _, context in
            try .json(try await known(context.names[0]).status)
        }
        for action in DeploymentAction.allCases {
            routes.on(CentralEndpoint.act(action), needs: .deploy) { _, context in
                try .json(try await act(action, on: context.names[0], context))
            }
        }
        routes.on(CentralEndpoint.retryDeployment, needs: .deploy) { _, context in
            try .json(try await retry(context.names[0], context))
        }
        routes.on(CentralEndpoint.deploymentOutput, needs: .read) { _, context in
            let (id, client) = (context.names[0], context.names[1])
            guard try await known(id).clients.contains(where: { $0.name == client }) else {
                throw APIError.notFound("the deployment '\(id)' is not for a client '\(client)'")
            }
            let text = try await deployer.output(of: client, in: id) ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            return try .json(LogLines(name: client, lines: lines.last == "" ? lines.dropLast() : lines))
        }
        routes.on(CentralEndpoint.releases, needs: .status) { _, _ in
            let clients = state.ask { picture, now in picture.overviews(at: now) }
            let runningOn = Dictionary(grouping: clients.filter { $0.deployedVersion != nil }) {
                $0.deployedVersion ?? ""
            }
            return try .json(ReleaseList(releases: await catalog.list(runningOn: runningOn)))
        }
    }

    // MARK: - What an operator asks for

    /// Begins a deployment, for the API and the page alike. Once it is stored, it goes on without whoever asked for it.
    func deploy(_ request: DeploymentRequest, _ context: FleetContext) async throws -> DeploymentStatus {
        let wish = "\(request.version.cut(toBytes: 64))"
        let started: DeploymentMachine
        do {
            let decision = try await admission.decide(request)
            let id = Self.newID()
            let deployment = DeploymentMachine(
                id: id, request: request, digest: decision.digest, targets: decision.targets,
                unreachable: decision.unreachable, present: decision.present, createdAt: state.time.wall,
                createdBy: context.principal.name)
            if request.dryRun { return try await plan(deployment, decision) }
            try Self.refuse(decision.refusals)
            try await state.expectAudit()
            do {
                started = try await deployer.begin(deployment)
            } catch let conflict as DeploymentConflict {
                throw APIError(
                    .conflict,
                    "client '\(conflict.client)' is part of the deployment '\(conflict.holder)', which has not ended; "
                        + "wait for it or cancel it")
            }
        } catch let error as APIError {
            if !request.dryRun { await state.note(entry(context, "deploy", wish, error.detail)) }
            throw error
        }
        try await note(context, "deploy \(wish)", started.id, "started for \(started.clients.count) clients")
        return started.status
    }

    private func plan(_ deployment: DeploymentMachine, _ decision: Admission.Decision) async throws -> DeploymentStatus
    {
        var status = deployment.status
        status.id = nil
        status.status = .planned
        let plans = await catalog.plans(to: deployment.release, from: Set(decision.present.values))
        for index in status.clientStatuses.indices {
            guard let present = decision.present[status.clientStatuses[index].clientName] else { continue }
            status.clientStatuses[index].previousVersion = present.version
            status.clientStatuses[index].previousDigest = present.digest
            status.clientStatuses[index].plan = plans[present]
        }
        let locks = try await deployer.read { try $0.locks() }
        status.refusals =
            decision.refusals
            + decision.targets.compactMap { name in
                guard decision.unreachable[name] == nil else { return nil }
                return locks[name].map { holder in
                    DeploymentRefusal(
                        client: name, reason: "it is part of the deployment '\(holder)', which has not ended")
                }
            }
        return status
    }

    private static func refuse(_ refusals: [DeploymentRefusal]) throws {
        guard let first = refusals.first else { return }
        let sentence = (first.client.map { "client '\($0)' cannot be deployed to: " } ?? "") + first.reason
        let more = refusals.count > 1 ? " (and \(refusals.count - 1) more; a dry run lists all)" : ""
        throw APIError(first.client == nil ? .badRequest : .badGateway, sentence + more)
    }

    func act(_ action: DeploymentAction, on id: String, _ context: FleetContext) async throws -> ActionResult {
        try await state.expectAudit()
        return switch action {
        case .cancel: try await cancel(id, context)
        case .pause: try await pause(id, context)
        case .resume: try await resume(id, context)
        }
    }

    private func cancel(_ id: String, _ context: FleetContext) async throws -> ActionResult {
        let change = try await send(.cancel(context.principal.name), to: id)
        let result: ActionResult
        switch change.before.state {
        case .cancelling:
            result = ActionResult(success: false, message: "Deployment '\(id)' is being cancelled already")
        case .rollingBack:
            result = ActionResult(success: false, message: "Deployment '\(id)' is being rolled back already")
        default: result = ActionResult(success: true, message: "Deployment cancelled")
        }
        try await note(context, "cancel deployment", id, result.success ? "ok" : result.message)
        return result
    }

    private func pause(_ id: String, _ context: FleetContext) async throws -> ActionResult {
        let change = try await send(.pause, to: id)
        let isDone = change.after.state == .paused && change.before.state != .paused
        let result = ActionResult(
            success: isDone,
            message: isDone
                ? "Deployment paused; what was begun comes to its end"
                : "Deployment '\(id)' is \(change.before.state.rawValue); only one that takes new batches can pause")
        try await note(context, "pause deployment", id, isDone ? "ok" : result.message)
        return result
    }

    private func resume(_ id: String, _ context: FleetContext) async throws -> ActionResult {
        let change = try await send(.resume, to: id)
        let isDone = change.before.state == .paused
        let result = ActionResult(
            success: isDone,
            message: isDone ? "Deployment resumed" : "Deployment '\(id)' is \(change.before.state.rawValue), not paused"
        )
        try await note(context, "resume deployment", id, isDone ? "ok" : result.message)
        return result
    }

    func retry(_ id: String, _ context: FleetContext) async throws -> DeploymentStatus {
        let old = try await known(id)
        guard old.state.isEnded else {
            throw APIError(.conflict, "the deployment '\(id)' has not ended; wait for it or cancel it")
        }
        let clients = old.clients.filter { $0.status != .healthy }.map(\.name)
        guard !clients.isEmpty else {
            throw APIError(.conflict, "every client of the deployment '\(id)' is healthy; there is nothing to retry")
        }
        var request = old.request
        request.targetClients = clients
        return try await deploy(request, context)
    }

    /// - Throws: `APIError` 404, or 409 for one that has ended.
    private func send(_ event: DeploymentEvent, to id: String) async throws -> (
        before: DeploymentMachine, after: DeploymentMachine
    ) {
        if let change = try await deployer.send(event, to: id) { return change }
        let ended = try await known(id)
        throw APIError(.conflict, "the deployment '\(id)' has ended already: \(ended.state.rawValue)")
    }

    private func known(_ id: String) async throws -> DeploymentMachine {
        guard let deployment = try await deployer.read({ try $0.deployment(id) }) else {
            throw APIError.notFound("there is no deployment '\(id)'")
        }
        return deployment
    }

    /// - Throws: `APIError` where it was done and cannot be noted.
    private func note(_ context: FleetContext, _ action: String, _ target: String, _ result: String) async throws {
        try await state.noteForSure(entry(context, action, target, result))
    }

    private func entry(_ context: FleetContext, _ action: String, _ target: String, _ result: String) -> AuditEntry {
        AuditEntry(
            time: state.time.wall, who: context.principal.name, address: context.peerAddress, action: action,
            target: target, result: result)
    }

    /// Short enough to type, long enough never to come twice.
    private static func newID() -> String {
        let digits = String(UInt64.random(in: 0..<(1 << 48)), radix: 16)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }
}
