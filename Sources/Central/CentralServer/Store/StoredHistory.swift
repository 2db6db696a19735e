import FleetModel

/// The last hour of each client as it is stored.
package struct StoredHistory: Hashable, Sendable {
    /// When the newest point was taken.
    package var taken: Timestamp
    /// By client: the points of one measure after those of another, the oldest first.
    package var points: [String: [UInt8]]

    package init(taken: Timestamp, points: [String: [UInt8]]) {
        self.taken = taken
        self.points = points
    }
}
