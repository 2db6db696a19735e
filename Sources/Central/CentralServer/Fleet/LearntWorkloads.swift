import FleetModel

/// What a client's daemon has said of its workloads when it was asked after an action: who asked for that sees it at
/// once. Reports that were on the way meanwhile say what was before, and must not bring it back. Pure; times are
/// monotonic seconds.
struct LearntWorkloads: Hashable, Sendable {
    /// For so long a report may be overtaken, seconds: whether a workload is there, and how it is.
    private static let window = (presence: 0.5, state: 2.0)

    private struct Learnt: Hashable, Sendable {
        /// Nil where it is there no more.
        var workload: Workload?
        var isNew: Bool
        var at: Double
    }

    private var learnt: [String: Learnt] = [:]

    /// - Parameter all: what is there is in `workloads`, and nothing else.
    mutating func learn(_ workloads: [Workload], all: Bool, before: [Workload], at now: Double) {
        let known = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(workloads.map(\.name))
        for workload in workloads where known[workload.name] != workload {
            learnt[workload.name] = Learnt(workload: workload, isNew: known[workload.name] == nil, at: now)
        }
        if all {
            for name in known.keys where !names.contains(name) {
                learnt[name] = Learnt(workload: nil, isNew: false, at: now)
            }
        }
    }

    /// Puts into a report what it does not know yet.
    mutating func complete(_ workloads: inout [Workload], at now: Double) {
        guard !learnt.isEmpty else { return }
        learnt = learnt.filter { now - $0.value.at < Self.window.state }
        let places = Dictionary(
            workloads.indices.map { (workloads[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
        for (name, known) in learnt.sorted(by: { $0.key < $1.key }) {
            let isFresh = now - known.at < Self.window.presence
            switch (places[name], known.workload) {
            case (let place?, let workload?):
                if workloads[place].isOvertaken(by: workload) {
                    workloads[place] = workload
                } else {
                    learnt[name] = nil
                }
            case (_?, nil): if !isFresh { learnt[name] = nil }
            case (nil, let workload?):
                if known.isNew, isFresh { workloads.append(workload) } else { learnt[name] = nil }
            case (nil, nil): learnt[name] = nil
            }
        }
        let gone = Set(learnt.filter { $0.value.workload == nil }.keys)
        if !gone.isEmpty { workloads.removeAll { gone.contains($0.name) } }
    }
}

extension Workload {
    /// By what it says of itself: its last start or stop comes later, or it has begun more runs.
    fileprivate func isOvertaken(by other: Workload) -> Bool {
        func last(_ workload: Workload) -> Timestamp {
            max(workload.lastStarted ?? .earliest, workload.lastStopped ?? .earliest)
        }
        let (mine, its) = (last(self), last(other))
        return mine < its || mine == its && runCount < other.runCount
    }
}
