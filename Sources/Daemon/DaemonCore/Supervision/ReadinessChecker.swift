import FleetModel

/// Looks once whether a workload can do its work.
package protocol ReadinessChecker: Sendable {
    /// - Parameter plan: of the run, for a check that is a program: it runs in the same place.
    func isReady(_ check: ReadinessProbe.Check, plan: LaunchPlan) async -> Bool
}

/// For where nothing is to be asked: what runs is ready.
package struct NoReadinessChecker: ReadinessChecker {
    package init() {}
    package func isReady(_ check: ReadinessProbe.Check, plan: LaunchPlan) async -> Bool { true }
}
