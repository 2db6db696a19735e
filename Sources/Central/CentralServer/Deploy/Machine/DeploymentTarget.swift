import FleetModel

/// One client of a deployment.
package struct DeploymentTarget: Codable, Hashable, Sendable {
    package let name: String
    /// From 0.
    package let batch: Int
    package internal(set) var status: ClientDeploymentState = .pending
    /// What is going on; nil where nothing is.
    package internal(set) var step: DeploymentStep?
    /// Of the step; an answer with another number is of an earlier one.
    package internal(set) var number = 0
    /// What it had before its files were changed; nil where that was no release, or is not known yet.
    package internal(set) var previousVersion: String?
    package internal(set) var previousDigest: String?
    /// What it had when the deployment was asked for; nil where that was not known.
    package internal(set) var planned: ReleaseInUse?
    /// Set where somebody else had changed it, so that nothing is done to it any more.
    private var leftAlone: Bool?
    /// Its files may have been changed.
    package internal(set) var isTouched = false
    package internal(set) var hasFailed = false
    package internal(set) var startedAt: Timestamp?
    package internal(set) var completedAt: Timestamp?
    package internal(set) var error: String?

    init(name: String, batch: Int, planned: ReleaseInUse? = nil) {
        self.name = name
        self.batch = batch
        self.planned = planned
    }

    package var previous: ReleaseInUse { ReleaseInUse(version: previousVersion, digest: previousDigest) }

    package internal(set) var isLeftAlone: Bool {
        get { leftAlone == true }
        set { leftAlone = newValue ? true : nil }
    }

    /// True where there is something to undo.
    var needsUndoing: Bool {
        isTouched && step == nil && status != .rolledBack && status != .rollbackFailed && !isLeftAlone
    }

    /// Whether a script that failed has left the client with what it had before. Where that is of the same version as what
    /// was to be brought and its daemon tells no digest, nobody can say.
    func hasKept(_ inUse: ReleaseInUse, in step: DeploymentStep, of release: ReleaseInUse) -> Bool {
        (step == .sync || step == .syncBack) && inUse.mayBe(previous) && !inUse.mayBe(release)
    }

    mutating func begin(_ next: DeploymentStep, at now: Timestamp) {
        step = next
        number += 1
        status = next.status
        if startedAt == nil { startedAt = now }
        completedAt = nil
        if next == .sync { isTouched = true }
    }

    mutating func settle(_ end: ClientDeploymentState, at now: Timestamp, error reason: String? = nil) {
        step = nil
        status = end
        completedAt = now
        if let reason { error = reason }
    }

    package var deployment: ClientDeployment {
        var deployment = ClientDeployment(clientName: name, batchNumber: batch, status: status)
        deployment.previousVersion = previousVersion
        deployment.previousDigest = previousDigest
        deployment.startedAt = startedAt
        deployment.completedAt = completedAt
        deployment.error = error
        return deployment
    }
}
