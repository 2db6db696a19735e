import FleetModel

/// What is known of workloads, kept over restarts of the daemon.
///
/// Calls are short and synchronous: the supervisor stores before it acts.
package protocol StateStore: Sendable {
    /// - Throws: where the store can't be read.
    func records() throws -> [WorkloadRecord]

    /// All of them or none.
    func save(_ records: [WorkloadRecord]) throws

    /// A name that is not there is no error.
    func remove(_ names: [String]) throws
}
