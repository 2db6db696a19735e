/// When to report to the central: pure arithmetic, with chance passed in. Times in seconds.
package enum ReportPolicy {
    /// Changes that come in a burst are joined: a report follows the one before by at least this.
    package static let shortestGap = 0.05
    package static let jitter = 0.1
    private static let firstRetry = 1.0

    /// Until the next report after one that arrived: the interval, a tenth more or less, so that a fleet that was
    /// started at once does not report at once for ever.
    package static func pause(interval: Double, chance: Double) -> Double {
        interval * (1 + jitter * (2 * chance - 1))
    }

    /// Until the next try: doubled with each failure in a row, never longer than the interval.
    package static func retry(failures: Int, interval: Double, chance: Double) -> Double {
        var delay = firstRetry
        for _ in 1..<max(2, min(failures, 32)) where failures > 1 { delay *= 2 }
        return pause(interval: min(delay, max(interval, firstRetry)), chance: chance)
    }

    /// Failures are told when they are 1, 2, 4, 8, … in a row: never a flood, never silence.
    package static func isWorthTelling(failures: Int) -> Bool { failures > 0 && failures & (failures - 1) == 0 }
}
