import FleetModel

/// Now, on both clocks: schedules follow the wall clock, which may jump; delays and time limits follow the other one,
/// which may not.
package struct Moment: Hashable, Sendable {
    package var wall: Timestamp
    /// Seconds since some fixed point of this boot.
    package var monotonic: Double

    package init(wall: Timestamp, monotonic: Double) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// When a machine wants to be looked at again.
package enum Deadline: Hashable, Sendable {
    case monotonic(Double)
    case wall(Timestamp)

    /// Seconds from `now`; zero or less where it has passed.
    package func seconds(from now: Moment) -> Double {
        switch self {
        case .monotonic(let at): at - now.monotonic
        case .wall(let at): at.seconds(since: now.wall)
        }
    }
}
