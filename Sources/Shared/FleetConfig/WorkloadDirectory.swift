/// A folder of workload files.
package struct WorkloadDirectory: Hashable, Sendable {
    package var path: String
    /// The release the folder belongs to: its workloads run there. Nil for the client's own.
    package var releaseRoot: String?

    package init(path: String, releaseRoot: String? = nil) {
        self.path = path
        self.releaseRoot = releaseRoot
    }
}
