import FleetModel

struct WorkloadFileDraft: Sendable {
    var vars: [String: String] = [:]
    var workloads: [WorkloadDraft] = []
}

/// The keys of a file that lists workloads, and of one that is a workload.
enum WorkloadFileKeys {
    static let list = KeyTable<WorkloadFileDraft>(
        name: "a file with 'workloads'",
        keys: [
            ConfigKey(name: "workloads", kind: "list of mappings", standard: nil, help: "The workloads.") {
                node, draft, log in
                for element in node.elements(of: "'workloads'", atMost: 10_000, log: &log) {
                    var workload = WorkloadDraft()
                    WorkloadKeys.table.read(element, into: &workload, log: &log)
                    draft.workloads.append(workload)
                }
            },
            .key("vars", .variables, \.vars, standard: "none", "Values for `{{ name }}` in this file."),
        ])

    /// The keys of a workload and `vars`; `workloads` is here only to be named where it is misspelt.
    static let single: KeyTable<WorkloadFileDraft> = {
        let lifted = WorkloadKeys.table.keys.map { key in
            ConfigKey<WorkloadFileDraft>(name: key.name, kind: key.kind, standard: key.standard, help: key.help) {
                node, draft, log in
                if draft.workloads.isEmpty { draft.workloads.append(WorkloadDraft()) }
                key.apply(node, &draft.workloads[0], &log)
            }
        }
        let misspelt = list.keys.filter { $0.name == "workloads" }
        return KeyTable(
            name: "a workload", keys: lifted + list.keys.filter { $0.name == "vars" } + misspelt
        ) { present, draft, log in
            if draft.workloads.isEmpty { draft.workloads.append(WorkloadDraft()) }
            WorkloadKeys.table.check(present, &draft.workloads[0], &log)
        }
    }()

    /// Of a file that was emptied. Its workloads must not be taken for removed: nothing says that this is meant.
    static let noWorkload =
        "the file holds no workload; remove the file, or write 'workloads: []' where that is meant"

    /// Reads the document of a workload file.
    static func read(_ root: ConfigNode, log: inout IssueLog) -> [WorkloadDraft] {
        if root.isNull {
            log.report(noWorkload, at: root.position)
            return []
        }
        guard case .mapping(let entries) = root.content else {
            log.report(
                "a workload file is a mapping: one workload, or a list of them under 'workloads:', not "
                    + root.kindName, at: root.position)
            return []
        }
        let isEmptied = entries.allSatisfy { entry in
            entry.key == "vars" || entry.key == "workloads" && entry.value.isNull
        }
        if isEmptied {
            log.report(noWorkload, at: root.position)
            return []
        }
        var draft = WorkloadFileDraft()
        let table = entries.contains { $0.key == "workloads" } ? list : single
        table.read(root, into: &draft, log: &log)
        return draft.workloads
    }
}
