import FleetHTTP
import FleetModel

/// What the form of a client's page asks for.
enum PageAction: Hashable {
    case reload
    case act(WorkloadAction, workload: String)

    /// - Throws: `APIError` 400 for what no form of ours asks for.
    init(_ name: String, workload: String?) throws(APIError) {
        if let workload, !Identifier.isName(workload) {
            throw .badRequest("the name of a workload is \(Identifier.nameRule)")
        }
        switch (WorkloadAction(rawValue: name), workload) {
        case (let action?, let workload?): self = .act(action, workload: workload)
        case (nil, nil) where name == "reload": self = .reload
        default: throw .badRequest("there is no action '\(name.cut(toBytes: 20))'")
        }
    }

    var name: String {
        switch self {
        case .reload: "reload"
        case .act(let action, _): action.rawValue
        }
    }

    /// For a button.
    var title: String {
        switch self {
        case .reload: "Reload"
        case .act(let action, _): action.title
        }
    }
}
