/// A workload of the fleet.
package struct WorkloadID: Hashable, Sendable, Comparable {
    package var client: String
    package var workload: String

    package init(client: String, workload: String) {
        self.client = client
        self.workload = workload
    }

    /// From `client/workload`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(client: String(parts[0]), workload: String(parts[1]))
    }

    package var text: String { "\(client)/\(workload)" }

    package static func < (a: WorkloadID, b: WorkloadID) -> Bool { (a.client, a.workload) < (b.client, b.workload) }
}
