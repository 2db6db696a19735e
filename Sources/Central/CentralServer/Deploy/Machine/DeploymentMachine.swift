import FleetModel

/// One deployment as a pure machine: (state, event) → (state, intents). It does nothing itself.
///
/// What has to go on is a function of the state alone (`jobs`), so that a central that was killed reads the state from
/// its store and begins those jobs again; every job can be repeated. An answer of a job that is no longer wanted has
/// an old number and changes nothing.
///
/// ```
///                       pause
///             ┌──────┐ ──────▶ ┌────────┐
///   pending ─▶│  in  │         │ paused │  what was begun goes on, nothing new begins
///      │      │ prog.│ ◀────── └────────┘
///      │      └──────┘ resume     │
///      │       │ │ │ ◀────────────┘ (all settled, too many failures, cancel: as on the left)
///      │       │ │ └─ all settled ────────────▶ completed, or failed where too many failed and nothing is undone
///      │       │ └─── too many failed ─▶ rolling_back ─▶ rolled_back, or rollback_failed
///      └───────┴───── cancel ──────────▶ cancelling ───▶ cancelled
/// ```
///
/// One client: `pending ─ask, sync─▶ deploying ─reload, watch─▶ deployed ─▶ healthy`, from each of these to `failed`,
/// and from any of them, once its files were touched, `─syncBack, reloadBack, watchBack─▶ rolling_back ─▶ rolled_back`
/// or `rollback_failed`. Those that were never touched end as `skipped` or `failed`.
///
/// A client that has neither our release nor the one before was changed by somebody else: it is left alone, on the way
/// there as `skipped`, on the way back as `rollback_failed`. On the way there the deployment is paused, for what it was
/// begun for may not hold any more.
package struct DeploymentMachine: Codable, Hashable, Sendable {
    package let id: String
    package let request: DeploymentRequest
    /// Of the manifest of the release when it was asked for: what is in its folder later is another one. Nil where it could
    /// not be had, and in those of an older central.
    package let digest: String?
    package let createdAt: Timestamp
    package let createdBy: String?
    package internal(set) var state: DeploymentState = .pending
    package internal(set) var startedAt: Timestamp?
    package internal(set) var completedAt: Timestamp?
    package internal(set) var error: String?
    /// In the order of batches.
    package internal(set) var clients: [DeploymentTarget]

    /// - Parameters:
    ///   - targets: in the order they are taken.
    ///   - unreachable: why clients are left out from the beginning, by name.
    ///   - present: what they have in use now, as far as that is known.
    package init(
        id: String, request: DeploymentRequest, digest: String? = nil, targets: [String],
        unreachable: [String: String] = [:], present: [String: ReleaseInUse] = [:], createdAt: Timestamp,
        createdBy: String?
    ) {
        self.id = id
        self.request = request
        self.digest = digest
        self.createdAt = createdAt
        self.createdBy = createdBy
        var taken = 0
        clients = targets.map { name in
            if let reason = unreachable[name] {
                var client = DeploymentTarget(name: name, batch: Self.batch(of: max(0, taken - 1), request))
                client.settle(.skipped, at: createdAt, error: reason)
                return client
            }
            defer { taken += 1 }
            return DeploymentTarget(name: name, batch: Self.batch(of: taken, request), planned: present[name])
        }
    }

    /// A canary is a first batch of its own size.
    private static func batch(of index: Int, _ request: DeploymentRequest) -> Int {
        let size = max(1, request.batchSize)
        guard request.canary > 0 else { return index / size }
        return index < request.canary ? 0 : 1 + (index - request.canary) / size
    }

    /// What has to be going on now.
    package var jobs: [DeploymentJob] {
        clients.compactMap { client in
            guard let step = client.step else { return nil }
            let (to, from) = step.isBack ? (client.previous, release) : (release, client.previous)
            return DeploymentJob(
                client: client.name, number: client.number, step: step, version: to.version ?? "", digest: to.digest,
                other: step == .ask || step == .settle ? nil : from)
        }
    }

    /// What it brings.
    package var release: ReleaseInUse { ReleaseInUse(version: request.version, digest: digest) }

    /// Clients that failed, whatever became of them afterwards.
    package var failureCount: Int { clients.count { $0.hasFailed } }

    /// As the wire has it.
    package var status: DeploymentStatus {
        var status = DeploymentStatus(
            id: id, request: request, targets: clients.map(\.name), status: state, createdAt: createdAt,
            createdBy: createdBy)
        status.digest = digest
        status.startedAt = startedAt
        status.completedAt = completedAt
        status.error = error
        status.clientStatuses = clients.map(\.deployment)
        return status
    }
}
