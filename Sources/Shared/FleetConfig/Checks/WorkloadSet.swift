import FleetModel

/// All workloads of a host together: the rules that no file can be checked for alone.
struct WorkloadSet {
    struct Entry {
        var file: String
        /// In the file as it was written.
        var namePosition: Position
        var dependencies: [Located<String>]
        var spec: WorkloadSpec
        /// False where the file has errors of its own.
        var isUsable: Bool
    }

    var entries: [Entry]

    /// What can run, and the issues that come up between workloads.
    func checked() -> (specs: [WorkloadSpec], issues: [ConfigIssue]) {
        var issues = duplicateIssues() + reservedIssues()
        var refused = Set(entries.indices.filter { !entries[$0].isUsable })
        let byName = Dictionary(grouping: entries.indices.filter { !entries[$0].spec.name.isEmpty }) {
            entries[$0].spec.name
        }
        for indices in byName.values where indices.count > 1 { refused.formUnion(indices) }
        for name in Self.reserved { refused.formUnion(byName[name] ?? []) }
        issues = Self.shortened(issues)
        issues += Self.shortened(missingIssues(byName, refused: &refused))
        issues += cycleIssues(byName, refused: &refused)
        issues += Self.shortened(refuseDependents(byName, refused: &refused))
        return (entries.indices.filter { !refused.contains($0) }.map { entries[$0].spec }, issues)
    }

    /// The first of a kind; a mistake that is everywhere need not be read everywhere.
    private static func shortened(_ issues: [ConfigIssue]) -> [ConfigIssue] {
        guard issues.count > IssueLog.most, let next = issues.dropFirst(IssueLog.most).first else { return issues }
        var last = next
        last.message += " (and \(issues.count - IssueLog.most - 1) more like it)"
        return issues.prefix(IssueLog.most) + [last]
    }

    /// `logs/daemon.log` and `logs/central.log` are our own, and no workload may write there.
    private static let reserved = ["central", "daemon"]

    private func reservedIssues() -> [ConfigIssue] {
        entries.filter { Self.reserved.contains($0.spec.name) }.map { entry in
            issue(
                "the name '\(entry.spec.name)' is the \(entry.spec.name)'s own, whose log a workload of that name would write to; "
                    + "choose another one", in: entry, at: entry.namePosition)
        }
    }

    private func duplicateIssues() -> [ConfigIssue] {
        let groups = Dictionary(grouping: entries.filter { !$0.spec.name.isEmpty }) { $0.spec.name }
        return groups.values.filter { $0.count > 1 }.flatMap { same in
            same.indices.map { index in
                let other = same[index == 0 ? 1 : 0]
                return issue(
                    "the name '\(same[index].spec.name)' is used in \(other.file):\(other.namePosition.line) too; "
                        + "rename one of them", in: same[index], at: same[index].namePosition)
            }
        }
    }

    private func missingIssues(_ byName: [String: [Int]], refused: inout Set<Int>) -> [ConfigIssue] {
        var issues: [ConfigIssue] = []
        for index in entries.indices {
            for dependency in entries[index].dependencies where byName[dependency.value] == nil {
                let advice = nearest(to: dependency.value, in: byName.keys).map { "; did you mean '\($0)'?" } ?? ""
                issues.append(
                    issue(
                        "'\(entries[index].spec.name)' depends on '\(dependency.value)', which is no workload\(advice)",
                        in: entries[index],
                        at: dependency.position))
                refused.insert(index)
            }
        }
        return issues
    }

    /// What depends on a workload that cannot run cannot run either. Where the other has been reported for itself,
    /// this is said once more, because the operator misses both.
    private func refuseDependents(_ byName: [String: [Int]], refused: inout Set<Int>) -> [ConfigIssue] {
        var dependents: [String: [(index: Int, position: Position)]] = [:]
        for index in entries.indices {
            for dependency in entries[index].dependencies {
                dependents[dependency.value, default: []].append((index, dependency.position))
            }
        }
        var issues: [ConfigIssue] = []
        var pending = refused.sorted()[...]
        while let bad = pending.popFirst() {
            let name = entries[bad].spec.name
            // Taken out, so that those who wait for a name are gone through only once.
            guard let waiting = dependents.removeValue(forKey: name), byName[name] != nil else { continue }
            for (index, position) in waiting where refused.insert(index).inserted {
                issues.append(
                    issue(
                        "'\(entries[index].spec.name)' depends on '\(name)', which cannot run because of its own errors",
                        in: entries[index], at: position))
                pending.append(index)
            }
        }
        return issues
    }

    private func cycleIssues(_ byName: [String: [Int]], refused: inout Set<Int>) -> [ConfigIssue] {
        let graph = Dictionary(
            entries.filter { !$0.spec.name.isEmpty }.map { ($0.spec.name, $0.dependencies.map(\.value)) },
            uniquingKeysWith: { first, _ in first })
        let (cycles, others) = DependencyGraph(edges: graph).cycles()
        for name in others { refused.formUnion(byName[name] ?? []) }
        let more = others.sorted().prefix(1).compactMap { name in
            byName[name]?.first.map { index in
                issue(
                    "there are more circles of dependencies, \(others.count) at least; repair those that are named first",
                    in: entries[index], at: entries[index].namePosition)
            }
        }
        return more
            + cycles.compactMap { cycle in
                // A workload that depends on itself is reported with its file.
                guard cycle.count > 1, let name = cycle.first, let index = byName[name]?.first else { return nil }
                for member in cycle { refused.formUnion(byName[member] ?? []) }
                let shown = cycle.count <= 12 ? cycle : cycle.prefix(10) + ["… (\(cycle.count - 10) more)"]
                let path = (shown + [name]).map { "'\($0)'" }.joined(separator: " → ")
                let dependency = entries[index].dependencies.first { $0.value == cycle[1] }
                return issue(
                    "the dependencies go round in a circle: \(path)", in: entries[index],
                    at: dependency?.position ?? entries[index].namePosition)
            }
    }

    private func issue(_ message: String, in entry: Entry, at position: Position) -> ConfigIssue {
        ConfigIssue(file: entry.file, line: position.line, column: position.column, message: message)
    }
}
