import FleetModel

/// What the workload files say, and what is wrong with them.
package struct WorkloadReading: Hashable, Sendable {
    /// Those that can run, in the order of their files. Where there are issues these are the ones not concerned.
    package var specs: [WorkloadSpec] = []
    package var issues: [ConfigIssue] = []
    /// Workload files that were found, readable or not.
    package var fileCount = 0

    package init() {}
}
