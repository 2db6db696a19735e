import FleetModel

/// How long to wait before the next try: pure arithmetic, with chance passed in.
///
/// From the second failure in a row on the delay doubles, at least 0.1 s and at most 60 s (or `restartDelay` where that
/// is longer), and up to a quarter is added so that many hosts that fail together do not come back together.
package enum RestartPolicy {
    package static let longestDelay = 60.0
    package static let shortestRepeatedDelay = 0.1
    /// Between two starts of one workload, seconds, whatever its delay is and however its runs end: each of them costs a
    /// process or two and some writes to the disk.
    package static let shortestPeriod = 0.1
    package static let jitter = 0.25
    /// A run that lasts this long forgives the failures before it.
    package static let forgivingRun = 60.0

    /// - Parameters:
    ///   - failuresInRow: with the one that just happened, so at least 1.
    ///   - chance: uniform in 0..<1.
    /// - Returns: seconds.
    package static func delay(restartDelay: Double, failuresInRow: Int, chance: Double) -> Double {
        guard failuresInRow > 1 else { return restartDelay }
        let delays = Backoff(max(restartDelay, shortestRepeatedDelay / 2)...max(longestDelay, restartDelay))
        return delays.pause(afterFailures: failuresInRow) * (1 + jitter * chance)
    }
}
