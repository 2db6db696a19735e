import FleetModel

/// What the console wants done outside of it. What comes of it comes back as a message.
package enum Effect: Hashable, Sendable {
    /// One verb for each of its targets; each gives an `outcome`.
    case perform(run: Int, Verb, [ActionTarget])
    /// The log of a workload, followed until the next `openLog` or `closeLog`.
    case openLog(number: Int, WorkloadID)
    case closeLog
    case loadDetail(WorkloadID)
    case loadOutput(deployment: String, client: String)
    case loadReleases
    /// A dry run.
    case plan(DeploymentRequest)
    case deploy(DeploymentRequest)
    /// Into a file that must not be there yet.
    case save(path: String, text: String)
    /// Into the clipboard of the terminal.
    case copy(String)
    case switchContext(String)
    /// A name, or the path of a file.
    case setTheme(String)
    /// Everything anew.
    case redraw
    case suspend
    case quit
}

extension Effect {
    /// Whether it is about the console itself, and no central.
    package var isOfConsole: Bool {
        switch self {
        case .save, .copy, .switchContext, .setTheme, .redraw, .suspend, .quit: true
        default: false
        }
    }
}

/// What can be done to a target.
package enum Verb: String, Hashable, Sendable, CaseIterable {
    case start, stop, restart, reload, cancel, pause, resume

    package enum Kind: Hashable, Sendable {
        case workload(WorkloadAction)
        case deployment(DeploymentAction)
        /// To a client as a whole.
        case reload
    }

    package var kind: Kind {
        switch self {
        case .start: .workload(.start)
        case .stop: .workload(.stop)
        case .restart: .workload(.restart)
        case .reload: .reload
        case .cancel: .deployment(.cancel)
        case .pause: .deployment(.pause)
        case .resume: .deployment(.resume)
        }
    }
}

/// One target of an action, by its name.
package enum ActionTarget: Hashable, Sendable {
    case workload(WorkloadID)
    case client(String)
    /// By its id; the version is for people.
    case deployment(String, version: String)

    package var text: String {
        switch self {
        case .workload(let id): id.text
        case .client(let name): name
        case .deployment(_, let version): version
        }
    }

    package var workload: String? { if case .workload(let id) = self { id.workload } else { nil } }

    package var client: String? {
        switch self {
        case .workload(let id): id.client
        case .client(let name): name
        case .deployment: nil
        }
    }
}
