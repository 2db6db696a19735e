import FleetModel

struct DaemonDraft: Sendable {
    var fleet: FleetDraft
    var central = CentralDraft()
    var vars: [String: String] = [:]
}

/// The sections of `daemon.yaml`.
enum DaemonKeys {
    static let table = KeyTable<DaemonDraft>(
        name: "daemon.yaml",
        keys: [
            .section("fleet", FleetKeys.table, \.fleet, "This host as a client of a fleet."),
            .section("central", CentralKeys.table, \.central, "This host as the one that watches the fleet."),
            .key("vars", .variables, \.vars, standard: "none", "Values for `{{ name }}` in this file."),
        ])
}

extension ValueKind where Value == [String: String] {
    /// What a file defines for its own templates; used before the file is read, checked here.
    static var variables: Self {
        ValueKind("mapping of names to values") { node in
            var log = IssueLog(file: "")
            let values = OwnVariables.values(of: node, log: &log)
            guard let issue = log.issues.first else { return .success(values) }
            return .failure(
                .because("is wrong: \(issue.message)", at: Position(line: issue.line, column: issue.column)))
        }
    }
}

extension ConfigNode {
    /// The elements of a list of mappings; nothing, and an issue, where there is none.
    func elements(of name: String, atMost most: Int, log: inout IssueLog) -> [ConfigNode] {
        guard case .list(let elements) = content else {
            log.report("\(name) must be a list, each entry beginning with '- ', not \(kindName)", at: position)
            return []
        }
        guard elements.count <= most else {
            log.report("\(name) must have at most \(most) entries", at: position)
            return []
        }
        return elements
    }
}
