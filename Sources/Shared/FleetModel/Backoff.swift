/// How long to wait before the next try: twice as long with each failure in a row, between two bounds, in seconds.
/// Who waits adds chance of their own, so that many who fail together do not try again together.
package struct Backoff: Hashable, Sendable {
    package let shortest: Double
    package let longest: Double

    package init(_ range: ClosedRange<Double>) {
        shortest = range.lowerBound
        longest = range.upperBound
    }

    /// - Parameter failures: in a row, with the one that just happened; none counts as one.
    package func pause(afterFailures failures: Int) -> Double {
        var pause = shortest
        // Past the longest nothing changes, and a shortest of nothing stays so.
        for _ in 1..<max(2, min(failures, 64)) where failures > 1 && pause < longest { pause *= 2 }
        return min(pause, longest)
    }
}
