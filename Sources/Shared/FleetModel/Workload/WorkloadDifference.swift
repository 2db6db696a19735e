/// What a reader of one list of workloads must be told to have the other.
package struct WorkloadDifference: Hashable, Sendable {
    /// New ones, and those of which more changed than the time they have run.
    package var changed: [Workload] = []
    package var removed: [String] = []

    package var isEmpty: Bool { changed.isEmpty && removed.isEmpty }

    package init(from old: [Workload], to new: [Workload]) {
        // The same names in the same order are the rule by far.
        if old.count == new.count, zip(old, new).allSatisfy({ $0.name == $1.name }) {
            for (before, after) in zip(old, new) where !after.looksLike(before) { changed.append(after) }
            return
        }
        var before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for workload in new {
            let known = before.removeValue(forKey: workload.name)
            if !(known.map(workload.looksLike) ?? false) { changed.append(workload) }
        }
        removed = before.keys.sorted()
    }
}

extension Workload {
    /// The same but for `uptimeSeconds`, which a reader can reckon from `lastStarted`.
    fileprivate func looksLike(_ other: Workload) -> Bool {
        var other = other
        other.uptimeSeconds = uptimeSeconds
        return self == other
    }
}
