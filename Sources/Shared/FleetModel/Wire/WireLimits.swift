/// How much one may ask for at once: what servers let through, and what clients and the command line offer.
package enum WireLimits {
    /// `?lines=` of a log.
    package static let logLines = 1...10_000
    /// Of an answer with lines of a log, in bytes of its JSON: where the lines are longer than that allows, it has fewer
    /// of them, the newest. A central passes on as much.
    package static let logBytes = 16 << 20
    /// `?limit=` of the audit and of what was refused.
    package static let auditEntries = 1...1000
    /// `?limit=` of the deployments.
    package static let deployments = 1...100
    /// Milliseconds that `?pause_ms=` has events wait for others, so that they are written together.
    package static let eventPause = 5...5000
}
