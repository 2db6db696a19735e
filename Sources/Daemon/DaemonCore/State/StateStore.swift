import FleetModel

/// What is known of workloads, kept over restarts of the daemon.
///
/// Calls are short and synchronous: the supervisor stores before it acts.
package protocol StateStore: Sendable {
    /// - Throws: where the store can't be read.
    func records() throws -> [WorkloadRecord]

    /// All of them or none.
    ///
    /// - Parameter durably: a power cut after this does not undo it; it takes as long as the disk needs.
    func save(_ records: [WorkloadRecord], durably: Bool) throws

    /// The definitions that were used last. One that cannot be read any more is left out.
    func definitions() throws -> [StoredDefinition]

    /// All of them or none; each replaces the one of its name.
    func save(_ definitions: [StoredDefinition]) throws

    /// Records and definitions. A name that is not there is no error.
    func remove(_ names: [String]) throws
}

extension StateStore {
    package func save(_ records: [WorkloadRecord]) throws { try save(records, durably: false) }
}

/// The definition of a workload as it was used last.
package struct StoredDefinition: Hashable, Sendable {
    package var spec: WorkloadSpec
    /// The file it was read from.
    package var file: String?

    package init(spec: WorkloadSpec, file: String?) {
        self.spec = spec
        self.file = file
    }
}
