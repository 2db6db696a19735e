/// Who depends on whom, by name.
struct DependencyGraph {
    /// Names that are no key have no dependencies.
    var edges: [String: [String]]

    private enum Mark { case open, done }

    /// Circles that are told of with all their names: there may be as many as there are ways through.
    static let most = 20

    /// One circle for each way back that a walk in the order of the names meets; every name in a circle is in one of
    /// them or depends on one. Does not recurse: a chain may be as long as there are workloads.
    ///
    /// - Returns: some circles, and the name at which each of the others closes.
    func cycles() -> (cycles: [[String]], others: Set<String>) {
        var marks: [String: Mark] = [:]
        var cycles: [[String]] = []
        var others: Set<String> = []
        for start in edges.keys.sorted() where marks[start] == nil {
            var path = [start]
            var pending = [edges[start, default: []].sorted()[...]]
            marks[start] = .open
            while let name = path.last {
                guard let next = pending[path.count - 1].popFirst() else {
                    marks[name] = .done
                    path.removeLast()
                    pending.removeLast()
                    continue
                }
                switch marks[next] {
                case .done: break
                case .open:
                    if cycles.count >= Self.most {
                        others.insert(next)
                    } else if let begin = path.firstIndex(of: next) {
                        cycles.append(Array(path[begin...]))
                    }
                case nil:
                    marks[next] = .open
                    path.append(next)
                    pending.append(edges[next, default: []].sorted()[...])
                }
            }
        }
        return (cycles, others)
    }
}
