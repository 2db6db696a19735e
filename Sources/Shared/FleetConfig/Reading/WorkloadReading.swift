import FleetModel

/// What the workload files say, and what is wrong with them.
package struct WorkloadReading: Hashable, Sendable {
    /// Those that can run, in the order of their files. Where there are issues these are the ones not concerned.
    package var specs: [WorkloadSpec] = []
    package var issues: [ConfigIssue] = []
    /// Workload files that were found, readable or not.
    package var fileCount = 0
    /// The file in which each workload stands whose name could be read, also of those that cannot run.
    package var files: [String: String] = [:]

    package init() {}

    /// What these files do not say of a workload, since they could not all be read; nil where they could.
    ///
    /// A workload that is in no valid file then may be in one that is not valid, and counts as neither removed nor
    /// changed.
    ///
    /// - Parameter file: where it stood last; nil where that is not known.
    package func uncertainty(of name: String, lastSeenIn file: String?) -> ConfigIssue? {
        let places = [files[name], file].compactMap { $0 }
        return places.lazy.compactMap { place in
            issues.first { $0.file == place }
                // A directory that cannot be read.
                ?? issues.first { place.hasPrefix($0.file.hasSuffix("/") ? $0.file : $0.file + "/") }
        }.first ?? issues.first
    }
}
