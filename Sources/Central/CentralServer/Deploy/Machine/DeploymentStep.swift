import FleetModel

/// What is done for a client; each can be repeated.
package enum DeploymentStep: String, Codable, Hashable, Sendable, CaseIterable {
    /// Asks which release the client has now.
    case ask
    /// Brings the files and switches to them.
    case sync
    case reload
    /// Waits until it was healthy for long enough.
    case watch
    case syncBack, reloadBack, watchBack
    /// A script was ended in the middle and nothing will be undone: the daemon is told to use whatever is there.
    case settle

    /// Towards the previous version.
    package var isBack: Bool {
        switch self {
        case .syncBack, .reloadBack, .watchBack: true
        case .ask, .sync, .reload, .watch, .settle: false
        }
    }

    var status: ClientDeploymentState {
        switch self {
        case .ask, .sync, .settle: .deploying
        case .reload, .watch: .deployed
        case .syncBack, .reloadBack, .watchBack: .rollingBack
        }
    }

    /// Nil after the last one.
    var next: DeploymentStep? {
        switch self {
        case .ask: .sync
        case .sync: .reload
        case .reload: .watch
        case .syncBack: .reloadBack
        case .reloadBack: .watchBack
        case .watch, .watchBack, .settle: nil
        }
    }

    /// For sentences: "while …".
    package var words: String {
        switch self {
        case .ask: "asking which release it has"
        case .sync: "bringing the files"
        case .reload, .settle: "reloading"
        case .watch: "waiting until it is healthy"
        case .syncBack: "bringing back the files of the previous release"
        case .reloadBack: "reloading the previous release"
        case .watchBack: "waiting until the previous release is healthy"
        }
    }
}

/// A step of one client that has to be going on.
package struct DeploymentJob: Hashable, Sendable {
    package var client: String
    package var number: Int
    package var step: DeploymentStep
    /// The release that the step is about.
    package var version: String
    /// Of its manifest; nil where it is not known.
    package var digest: String?
    /// What the client may have in use besides, since the step may not have been done yet; nil where it may be anything.
    package var other: ReleaseInUse?

    package var release: ReleaseInUse { ReleaseInUse(version: version, digest: digest) }

    /// Why the client is left alone: it has neither the release of this step nor the one before, so that somebody else
    /// has changed it.
    package func objection(to present: ReleaseInUse) -> String? {
        other.flatMap { present.objection(besides: $0, release) }
    }
}

/// What happens to a deployment.
package enum DeploymentEvent: Hashable, Sendable {
    case start
    /// By whom.
    case cancel(String)
    case pause, resume
    /// A job has ended.
    case ended(client: String, number: Int, DeploymentOutcome)
    /// A central that has begun anew finds a client that it had done with changed by somebody else, and how.
    case changed(client: String, String)
}

/// How a job ended.
package enum DeploymentOutcome: Hashable, Sendable {
    /// Of `ask`: the release that the client has; nil for none.
    case previous(String?, digest: String? = nil)
    case done
    case failed(String)
    /// Of bringing files: it came to no good end, and this release is in use on the client.
    case unfinished(String, inUse: ReleaseInUse)
    /// The client has neither what the step is about nor what it had before: somebody else has changed it.
    case leftAlone(String)
}

/// What must be done after an event, once the state is stored.
package struct DeploymentIntents: Hashable, Sendable {
    package var begin: [DeploymentJob] = []
    package var end: [DeploymentJob] = []
}
