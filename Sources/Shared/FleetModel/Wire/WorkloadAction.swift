/// What an operator can have done to a workload, at every place that offers it.
package enum WorkloadAction: String, CaseIterable, Codable, Hashable, Sendable {
    case start, stop, restart

    /// For a button.
    package var title: String {
        switch self {
        case .start: "Start"
        case .stop: "Stop"
        case .restart: "Restart"
        }
    }
}

/// What an operator can have done to a deployment that goes on.
package enum DeploymentAction: String, CaseIterable, Codable, Hashable, Sendable {
    case cancel, pause, resume
}
