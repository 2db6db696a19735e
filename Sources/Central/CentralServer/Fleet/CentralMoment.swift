import FleetModel

/// Now, on both clocks.
package struct CentralMoment: Hashable, Sendable {
    package var wall: Timestamp
    package var monotonic: Double

    package init(wall: Timestamp, monotonic: Double) {
        self.wall = wall
        self.monotonic = monotonic
    }
}
