import FleetModel
import Glibc

/// Where the time comes from.
package protocol TimeSource: Sendable {
    func now() -> Moment
}

/// The clocks of this host. The monotonic one counts sleep too, as a time limit of an operator does.
package struct SystemTime: TimeSource {
    package init() {}

    package func now() -> Moment {
        Moment(
            wall: Timestamp(milliseconds: Int64(clamping: Self.read(CLOCK_REALTIME) * 1000)),
            monotonic: Self.read(CLOCK_BOOTTIME))
    }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
