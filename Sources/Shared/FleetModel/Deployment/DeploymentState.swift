/// Where a deployment is.
package enum DeploymentState: String, Codable, Sendable, CaseIterable {
    case pending
    case inProgress = "in_progress"
    case paused, cancelling, cancelled
    case rollingBack = "rolling_back"
    case rolledBack = "rolled_back"
    case rollbackFailed = "rollback_failed"
    case completed, failed
    /// Of a dry run alone: nothing was stored and nothing will happen.
    case planned

    /// Nothing more will happen by itself.
    package var isEnded: Bool {
        switch self {
        case .cancelled, .rolledBack, .rollbackFailed, .completed, .failed, .planned: true
        case .pending, .inProgress, .paused, .cancelling, .rollingBack: false
        }
    }
}

/// Where one client is in a deployment.
package enum ClientDeploymentState: String, Codable, Sendable, CaseIterable {
    case pending, deploying
    /// The files are there; whether it lives is not known yet.
    case deployed
    case healthy, failed, skipped
    case rollingBack = "rolling_back"
    case rolledBack = "rolled_back"
    case rollbackFailed = "rollback_failed"

    /// True where the client waits for nothing more of this deployment, unless it is undone.
    package var isSettled: Bool {
        switch self {
        case .pending, .deploying, .deployed, .rollingBack: false
        case .healthy, .failed, .skipped, .rolledBack, .rollbackFailed: true
        }
    }
}
