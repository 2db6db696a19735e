/// A view, and where in it the operator is.
struct Place: Sendable {
    enum Screen: Hashable, Sendable {
        case fleet, workloads, deployments, events, help
        case client(String)
        case deployment(String)
        case logs(WorkloadID)
        case info(WorkloadID)
        case output(deployment: String, client: String)
    }

    var screen: Screen
    /// The rows of the screen, or of its upper pane.
    var table = TableState()
    /// The rows of the lower pane.
    var detail = TableState()
    var isDetailActive = false
    var text = TextState()

    init(_ screen: Screen) { self.screen = screen }
}

extension Place.Screen {
    var isText: Bool {
        switch self {
        case .logs, .info, .output, .help: true
        default: false
        }
    }

    var isInfo: Bool { if case .info = self { true } else { false } }
    /// Whether a row is a workload of one client.
    var isClientTable: Bool { if case .client = self { true } else { self == .workloads } }

    var isLog: Bool { if case .logs = self { true } else { false } }

    var client: String? {
        switch self {
        case .client(let name): name
        case .logs(let id), .info(let id): id.client
        case .output(_, let client): client
        default: nil
        }
    }

    var deployment: String? {
        switch self {
        case .deployment(let id), .output(let id, _): id
        default: nil
        }
    }

    var workload: WorkloadID? {
        switch self {
        case .logs(let id), .info(let id): id
        default: nil
        }
    }

    /// As the path in the header says it.
    var title: String {
        switch self {
        case .fleet: "fleet"
        case .workloads: "workloads"
        case .deployments: "deployments"
        case .events: "events"
        case .help: "help"
        case .client(let name): name
        case .deployment(let id): id
        case .logs: "logs"
        case .info: "info"
        case .output(_, let client): "\(client) > output"
        }
    }
}
