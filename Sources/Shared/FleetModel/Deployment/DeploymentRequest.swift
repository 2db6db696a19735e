/// What a deployment is asked to do. What is absent has the default of the wire contract.
package struct DeploymentRequest: Hashable, Sendable {
    package var version: String
    /// nil: all that are online.
    package var targetClients: [String]?
    package var batchSize = 1
    /// Seconds that a client has from its reload until it was healthy for `minHealthySeconds` on end.
    package var healthCheckTimeout = 60.0
    package var autoRollback = true
    package var minHealthySeconds = 10.0
    /// Clients that may fail before the whole is undone.
    package var maxFailures = 0
    /// Clients of a first batch of their own; 0 for none.
    package var canary = 0
    package var skipUnreachable = false
    package var dryRun = false

    package init(version: String) { self.version = version }
}

extension DeploymentRequest: Codable {
    enum CodingKeys: String, CodingKey {
        case version, canary
        case targetClients = "target_clients"
        case batchSize = "batch_size"
        case healthCheckTimeout = "health_check_timeout"
        case autoRollback = "auto_rollback"
        case minHealthySeconds = "min_healthy_seconds"
        case maxFailures = "max_failures"
        case skipUnreachable = "skip_unreachable"
        case dryRun = "dry_run"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(version: try container.decode(String.self, forKey: .version))
        targetClients = try container.decodeIfPresent([String].self, forKey: .targetClients)
        batchSize = try container.decodeIfPresent(Int.self, forKey: .batchSize) ?? batchSize
        healthCheckTimeout =
            try container.decodeIfPresent(Double.self, forKey: .healthCheckTimeout) ?? healthCheckTimeout
        autoRollback = try container.decodeIfPresent(Bool.self, forKey: .autoRollback) ?? autoRollback
        minHealthySeconds = try container.decodeIfPresent(Double.self, forKey: .minHealthySeconds) ?? minHealthySeconds
        maxFailures = try container.decodeIfPresent(Int.self, forKey: .maxFailures) ?? maxFailures
        canary = try container.decodeIfPresent(Int.self, forKey: .canary) ?? canary
        skipUnreachable = try container.decodeIfPresent(Bool.self, forKey: .skipUnreachable) ?? skipUnreachable
        dryRun = try container.decodeIfPresent(Bool.self, forKey: .dryRun) ?? dryRun
    }
}
