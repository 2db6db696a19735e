import FleetModel

/// A workload on its way from keys to a definition.
struct WorkloadDraft: Sendable {
    var spec = WorkloadSpec(name: "", program: .command([]))
    var module: String?
    var entryPoint = "run"
    var params: [String: JSONValue] = [:]
    var python = "python3"
    var command: [String]?
    var dependsOn: [Located<String>] = []
    var probe = ProbeDraft()
    /// Where the workload begins.
    var position = Position.start
    /// Where its name stands.
    var namePosition = Position.start
}
