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
}

/// What happens to a deployment.
package enum DeploymentEvent: Hashable, Sendable {
    case start
    /// By whom.
    case cancel(String)
    case pause, resume
    /// A job has ended.
    case ended(client: String, number: Int, DeploymentOutcome)
}

/// How a job ended.
package enum DeploymentOutcome: Hashable, Sendable {
    /// Of `ask`: the release that the client has; nil for none.
    case previous(String?)
    case done
    case failed(String)
    /// Of bringing files: it came to no good end, and this release is in use on the client; nil for none.
    case unfinished(String, inUse: String?)
}

/// What must be done after an event, once the state is stored.
package struct DeploymentIntents: Hashable, Sendable {
    package var begin: [DeploymentJob] = []
    package var end: [DeploymentJob] = []
}
