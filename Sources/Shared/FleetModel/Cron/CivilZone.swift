/// How far the clocks of a place are from UTC, and when.
package protocol CivilZone: Sendable {
    /// Seconds that clocks are ahead of UTC at a moment, which is given in seconds since 1970.
    func offset(at utcSeconds: Int64) -> Int
}

/// A place whose clocks are never put forward or back.
package struct FixedZone: CivilZone, Hashable {
    package var secondsEast: Int

    package init(secondsEast: Int) { self.secondsEast = secondsEast }

    package static let utc = FixedZone(secondsEast: 0)

    package func offset(at utcSeconds: Int64) -> Int { secondsEast }
}
