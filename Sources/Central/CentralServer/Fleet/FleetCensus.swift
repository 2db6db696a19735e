import FleetModel

/// How many of what the fleet has.
package struct FleetCensus: Hashable, Sendable {
    package var clients: [ClientStatus: Int] = [:]
    package var workloads: [WorkloadStatus: Int] = [:]
}

extension FleetPicture {
    package mutating func census(at now: CentralMoment) -> FleetCensus {
        var census = FleetCensus()
        for name in sortedNames() {
            census.clients[status(of: name, at: now), default: 0] += 1
            for workload in workloads(of: name) ?? [] { census.workloads[workload.status, default: 0] += 1 }
        }
        return census
    }
}
