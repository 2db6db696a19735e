/// A deployment as the wire has it.
package struct DeploymentStatus: Hashable, Sendable {
    /// nil for the plan of a dry run.
    package var id: String?
    package var version: String
    /// Of the manifest of the release that it brings; nil in those of an older central.
    package var digest: String?
    package var status: DeploymentState
    package var batchSize: Int
    package var targetClients: [String]
    package var createdAt: Timestamp
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    package var error: String?
    /// In the order of batches.
    package var clientStatuses: [ClientDeployment]
    package var healthCheckTimeout: Double
    package var autoRollback: Bool
    package var minHealthySeconds: Double
    package var maxFailures: Int
    package var canary: Int
    package var skipUnreachable: Bool
    /// Name of the token that asked for it.
    package var createdBy: String?
    /// Why a dry run would not be done; empty where it would.
    package var refusals: [DeploymentRefusal]?

    /// - Parameter targets: the clients it is for, in order.
    package init(
        id: String?, request: DeploymentRequest, targets: [String], status: DeploymentState, createdAt: Timestamp,
        createdBy: String?
    ) {
        self.id = id
        version = request.version
        self.status = status
        batchSize = request.batchSize
        targetClients = targets
        self.createdAt = createdAt
        clientStatuses = []
        healthCheckTimeout = request.healthCheckTimeout
        autoRollback = request.autoRollback
        minHealthySeconds = request.minHealthySeconds
        maxFailures = request.maxFailures
        canary = request.canary
        skipUnreachable = request.skipUnreachable
        self.createdBy = createdBy
    }
}

/// How far one client is.
package struct ClientDeployment: Hashable, Sendable {
    package var clientName: String
    /// From 0.
    package var batchNumber: Int
    package var status: ClientDeploymentState
    package var previousVersion: String?
    /// Of the manifest of that release; nil where it is not known.
    package var previousDigest: String?
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    package var error: String?
    /// Of a dry run alone.
    package var plan: ClientPlan?

    package init(clientName: String, batchNumber: Int, status: ClientDeploymentState = .pending) {
        self.clientName = clientName
        self.batchNumber = batchNumber
        self.status = status
    }
}

/// Why a deployment can't be begun.
package struct DeploymentRefusal: Codable, Hashable, Sendable {
    /// nil where the reason is not one client's.
    package var client: String?
    package var reason: String

    package init(client: String? = nil, reason: String) {
        self.client = client
        self.reason = reason
    }
}

extension DeploymentStatus: Codable {
    enum CodingKeys: String, CodingKey {
        case id, version, digest, status, error, canary, refusals
        case batchSize = "batch_size"
        case targetClients = "target_clients"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case completedAt = "completed_at"
        case clientStatuses = "client_statuses"
        case healthCheckTimeout = "health_check_timeout"
        case autoRollback = "auto_rollback"
        case minHealthySeconds = "min_healthy_seconds"
        case maxFailures = "max_failures"
        case skipUnreachable = "skip_unreachable"
        case createdBy = "created_by"
    }

    /// What is not known is written as null, so that a reader always finds every name.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(id, forKey: .id)
        try container.encode(version, forKey: .version)
        try container.encode(digest, forKey: .digest)
        try container.encode(status, forKey: .status)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(targetClients, forKey: .targetClients)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(completedAt, forKey: .completedAt)
        try container.encode(error, forKey: .error)
        try container.encode(clientStatuses, forKey: .clientStatuses)
        try container.encode(healthCheckTimeout, forKey: .healthCheckTimeout)
        try container.encode(autoRollback, forKey: .autoRollback)
        try container.encode(minHealthySeconds, forKey: .minHealthySeconds)
        try container.encode(maxFailures, forKey: .maxFailures)
        try container.encode(canary, forKey: .canary)
        try container.encode(skipUnreachable, forKey: .skipUnreachable)
        try container.encode(createdBy, forKey: .createdBy)
        try container.encodeIfPresent(refusals, forKey: .refusals)
    }
}

extension ClientDeployment: Codable {
    enum CodingKeys: String, CodingKey {
        case status, error, plan
        case clientName = "client_name"
        case batchNumber = "batch_number"
        case previousVersion = "previous_version"
        case previousDigest = "previous_digest"
        case startedAt = "started_at"
        case completedAt = "completed_at"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(clientName, forKey: .clientName)
        try container.encode(batchNumber, forKey: .batchNumber)
        try container.encode(status, forKey: .status)
        try container.encode(previousVersion, forKey: .previousVersion)
        try container.encode(previousDigest, forKey: .previousDigest)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(completedAt, forKey: .completedAt)
        try container.encode(error, forKey: .error)
        try container.encodeIfPresent(plan, forKey: .plan)
    }

    /// `1.3.0@7f3a9c`; nil where it had none.
    package var previous: String? { previousVersion.map { ReleaseInUse.shown($0, previousDigest) } }
}

extension DeploymentStatus {
    /// `1.3.0@7f3a9c`.
    package var release: String { ReleaseInUse.shown(version, digest) }
}
