import FleetModel

/// What one look at a workload said.
package enum Readiness: Hashable, Sendable {
    case ready
    case notYet
    /// Nobody can tell, with the reason as a sentence.
    case impossible(String)
}

/// Looks once whether a workload can do its work.
package protocol ReadinessChecker: Sendable {
    /// - Parameters:
    ///   - plan: of the run, for a check that is a program: it runs on the same terms.
    ///   - seconds: how long the look may take.
    func look(_ check: ReadinessProbe.Check, plan: LaunchPlan, seconds: Double) async -> Readiness
}
