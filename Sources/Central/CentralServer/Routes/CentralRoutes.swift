import FleetConfig
import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The JSON routes of the central.
struct CentralRoutes: Sendable {
    static let heartbeatLimit = 4 << 20

    let state: FleetState
    let forwarder: Forwarder
    let live: LiveSettings
    /// Of this host.
    private let bootID: String
    private let durations = Histogram()

    init(state: FleetState, forwarder: Forwarder, live: LiveSettings, bootID: String) {
        self.state = state
        self.forwarder = forwarder
        self.live = live
        self.bootID = bootID
    }

    func add(to routes: inout Routes) {
        routes.on(CentralEndpoint.health, needs: .open) { _, _ in
            try .json(Health(version: ProgramVersion.current))
        }
        routes.on(CentralEndpoint.access, needs: .status) { _, context in
            let principal = context.principal
            var access = AccessInfo(
                name: principal.name, scopes: TokenScope.allCases.filter(principal.may), time: state.time.wall)
            if principal.may(.operate) { access.notices = live.notice.map { [$0] } }
            return try .json(access)
        }
        routes.on(CentralEndpoint.heartbeat, needs: .heartbeat) { request, context in
            try await heartbeat(request, context)
        }
        routes.on(CentralEndpoint.clients, needs: .status) { _, _ in
            .json(state.ask { $0.overviewsText(at: $1) })
        }
        routes.on(CentralEndpoint.client, needs: .status) { _, context in
            let name = context.names[0]
            return try .json(try known(name, state.ask { $0.overview(name, at: $1) }))
        }
        routes.on(CentralEndpoint.workloads, needs: .status) { _, context in
            let name = context.names[0]
            return try .json(try known(name, state.ask { picture, _ in picture.workloads(of: name) }))
        }
        routes.on(CentralEndpoint.workload, needs: .status) { _, context in
            let (client, name) = (context.names[0], context.names[1])
            let workloads = try known(client, state.ask { picture, _ in picture.workloads(of: client) })
            guard let workload = workloads.first(where: { $0.name == name }) else {
                throw APIError.notFound("client '\(client)' has reported no workload '\(name)'")
            }
            return try .json(workload)
        }
        routes.on(CentralEndpoint.forgetClient, needs: .operate) { _, context in
            let name = context.names[0]
            return try .json(ActionResult(success: true, message: try await forget(name, context)))
        }
        routes.on(CentralEndpoint.audit, needs: .audit) { request, _ in
            let limit = try request.integer("limit", in: WireLimits.auditEntries, default: 100)
            return try .json(try await DiskExecutor.run { try state.audit(limit: limit) })
        }
        routes.on(CentralEndpoint.refusals, needs: .audit) { request, _ in
            let limit = try request.integer("limit", in: WireLimits.auditEntries, default: 100)
            return try .json(try await DiskExecutor.run { try state.refusals(limit: limit) })
        }
        routes.on(CentralEndpoint.metrics, needs: .status) { [durations] _, _ in
            CentralMetrics(state: state, heartbeats: durations).text().response
        }
        addCommands(to: &routes)
    }

    private func addCommands(to routes: inout Routes) {
        for action in WorkloadAction.allCases {
            routes.on(CentralEndpoint.act(action), needs: .operate) { _, context in
                try await act(action, on: context.names[1], of: context.names[0], context).response
            }
        }
        routes.on(CentralEndpoint.reload, needs: .operate) { _, context in
            try await reload(context.names[0], context).response
        }
        routes.on(CentralEndpoint.workloadDetail, needs: .read) { _, context in
            try await forwarder.pass(DaemonEndpoint.status, context.names[1], to: context.names[0]).response
        }
        routes.on(CentralEndpoint.logs, needs: .read) { request, context in
            let (client, workload) = (context.names[0], context.names[1])
            let query = "?lines=\(try request.lines())"
            if try request.flag("follow") {
                return try await forwarder.stream(
                    DaemonEndpoint.logs, workload, query: query + "&follow=true", from: client, to: request, in: context
                )
            }
            return try await forwarder.pass(DaemonEndpoint.logs, workload, query: query, to: client).response
        }
    }

    func act(
        _ action: WorkloadAction, on workload: String, of client: String, _ context: FleetContext
    ) async throws -> PassedAnswer {
        try await noted(action.rawValue, "\(client)/\(workload)", context) {
            let answer = try await forwarder.pass(DaemonEndpoint.act(action), workload, to: client)
            if answer.status == .ok { await forwarder.learn(workload, of: client, state) }
            return answer
        }
    }

    func reload(_ client: String, _ context: FleetContext) async throws -> PassedAnswer {
        try await noted("reload", client, context) {
            let answer = try await forwarder.pass(DaemonEndpoint.reload, to: client)
            if answer.status == .ok { await forwarder.learnAll(of: client, state) }
            return answer
        }
    }

    /// - Returns: what was done, as a sentence.
    private func forget(_ name: String, _ context: FleetContext) async throws -> String {
        let entry = entry(context, "forget", name, "ok")
        let isForgotten = try await DiskExecutor.run { try state.forget(name, noting: entry) }
        let isListed = state.ask { picture, _ in picture.isListed(name) }
        if isForgotten {
            return isListed
                ? "Forgot what client '\(name)' has reported; it stands in the inventory and stays in the list, offline, "
                    + "until it is taken out there"
                : "Forgot client '\(name)'"
        }
        throw isListed
            ? APIError(
                .conflict,
                "client '\(name)' has reported nothing that could be forgotten: it is in the list because it stands in "
                    + "the inventory; take it out there and run 'master-control reload'")
            : APIError.notFound("no client '\(name)' has reported, so that there is nothing to forget")
    }

    /// Does what was asked for, and notes who asked and what came of it.
    private func noted(
        _ action: String, _ target: String, _ context: FleetContext, _ ask: () async throws -> PassedAnswer
    ) async throws -> PassedAnswer {
        try await state.expectAudit()
        let answer: PassedAnswer
        do {
            answer = try await ask()
        } catch {
            // Also where nobody waits for the answer any more: what was asked for may have been done.
            await state.note(entry(context, action, target, (error as? APIError)?.detail ?? "not waited for"))
            throw error
        }
        try await state.noteForSure(
            entry(context, action, target, answer.status == .ok ? "ok" : "status \(answer.status.code)"))
        return answer
    }

    private func entry(_ context: FleetContext, _ action: String, _ target: String, _ result: String) -> AuditEntry {
        AuditEntry(
            time: state.time.wall, who: context.principal.name, address: context.peerAddress, action: action,
            target: target, result: result)
    }

    private func heartbeat(_ request: Request, _ context: FleetContext) async throws -> Response {
        let begin = ContinuousClock.now
        let warnings = try await request.withWholeBody(
            upTo: Self.heartbeatLimit, for: ByteBudget.Holder(context.principal, at: context.addressBlock)
        ) { text in
            if text.readableBytes <= ByteBudget.small { return try accept(text, request.headers, context) }
            return try await LongWork.run { try accept(text, request.headers, context) }
        }
        durations.observe(begin.duration(to: .now))
        return warnings.isEmpty ? .json(Self.accepted) : try .json(HeartbeatAnswer(warnings: warnings))
    }

    /// - Returns: what of the report was not understood.
    private func accept(_ text: ByteBuffer, _ headers: HTTPFields, _ context: FleetContext) throws -> [String] {
        var heartbeat = try HeartbeatText.read(text)
        if let problem = HeartbeatCheck.problem(of: heartbeat) { throw APIError.badRequest(problem) }
        if let bound = context.principal.client, bound != heartbeat.clientName {
            throw APIError(
                .forbidden,
                "the token '\(context.principal.name)' may report for client '\(bound)' only, not for "
                    + "'\(heartbeat.clientName)'")
        }
        HeartbeatCheck.tidy(&heartbeat)
        var warnings = heartbeat.warnings
        heartbeat.warnings = []
        let origin = ReportOrigin(
            headers, of: heartbeat, peer: context.peerAddress, isForwarded: context.forwarded != nil, bootID: bootID)
        if let warning = origin.warning(
            for: heartbeat,
            isInInventory: state.ask { picture, _ in picture.inventory[heartbeat.clientName] != nil })
        {
            warnings.append(warning)
        }
        let now = state.time
        let client = KnownClient(
            // A copy: what came is a slice of the connection's buffer, which it would keep alive.
            heartbeat: heartbeat, text: ByteBuffer(bytes: text.readableBytesView), lastSeen: now.wall,
            peer: origin.address,
            showedAPIToken: context.principal.isMaster,
            clockSkew: heartbeat.timestamp.seconds(since: now.wall))
        try state.receive(client)
        // Where no tokens are given out, this is what tells one of the fleet from others.
        context.proved(client: heartbeat.clientName)
        if !warnings.isEmpty { state.tell(warnings, of: heartbeat.clientName) }
        return warnings
    }

    private static let accepted = ByteBuffer(string: #"{"status":"ok"}"#)

    /// Of a report that was taken in part.
    private struct HeartbeatAnswer: Encodable {
        var status = "ok"
        var warnings: [String]
    }

    private func known<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw APIError.notFound("there is no client '\(name)' in this fleet") }
        return value
    }
}
