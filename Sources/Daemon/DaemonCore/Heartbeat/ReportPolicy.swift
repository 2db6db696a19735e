import FleetModel

/// When to report to the central: pure arithmetic, with chance passed in. Times in seconds.
package enum ReportPolicy {
    /// Changes that come in a burst are joined: a report follows the one before by at least this.
    package static let shortestGap = 0.05
    package static let jitter = 0.1
    /// The longest pause after a first failure.
    private static let firstRetry = 5.0
    private static let shortestRetry = 0.2

    /// Until the next report after one that arrived: the interval, a tenth more or less, so that a fleet that was
    /// started at once does not report at once for ever.
    package static func pause(interval: Double, chance: Double) -> Double {
        interval * (1 + jitter * (2 * chance - 1))
    }

    /// Until the second report: any time within the interval. Hosts that got their power back at the same moment then
    /// report at times of their own.
    package static func second(interval: Double, chance: Double) -> Double { interval * chance }

    /// Until the next try: a part of a span that doubles with each failure in a row up to the interval. The span is
    /// wide, so that a central which comes back after seconds is not met by all those at once who missed it.
    package static func retry(failures: Int, interval: Double, chance: Double) -> Double {
        let longest = max(interval, 1)
        let span = Backoff(min(firstRetry, longest)...longest).pause(afterFailures: failures)
        return span * (shortestRetry + (1 - shortestRetry) * chance)
    }

    /// Failures are told when they are 1, 2, 4, 8, … in a row: never a flood, never silence.
    package static func isWorthTelling(failures: Int) -> Bool { failures > 0 && failures & (failures - 1) == 0 }
}
