import FleetModel
import Foundation

/// A time zone as the system knows it.
package struct SystemZone: CivilZone {
    private let zone: TimeZone

    /// - parameter name: IANA name like `Europe/Berlin`; nil is the host's own zone.
    /// - returns: nil where there is no such zone.
    package init?(named name: String?) {
        guard let name else {
            zone = TimeZone.current
            return
        }
        guard name.utf8.count <= 64, let found = TimeZone(identifier: name) else { return nil }
        zone = found
    }

    package static var local: SystemZone { SystemZone(zone: TimeZone.current) }

    private init(zone: TimeZone) { self.zone = zone }

    package func offset(at utcSeconds: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utcSeconds)))
    }
}
