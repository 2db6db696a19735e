/// A folder of workload files.
package struct WorkloadDirectory: Hashable, Sendable {
    package var path: String
    /// The release the folder belongs to: its workloads run there. Nil for the client's own.
    package var releaseRoot: String?
    /// Why nobody can tell what is in it, as a sentence; nil where it is to be looked for.
    package var problem: String?

    package init(path: String, releaseRoot: String? = nil, problem: String? = nil) {
        self.path = path
        self.releaseRoot = releaseRoot
        self.problem = problem
    }
}
