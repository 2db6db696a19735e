import FleetModel
import Foundation
import Glibc

/// A time zone as the system knows it.
package struct SystemZone: CivilZone {
    /// Nil is the host's own, which may be another one the next time it is asked.
    private let zone: TimeZone?

    /// - parameter name: IANA name like `Europe/Berlin`, as `ZoneName` has it; nil is the host's own zone.
    /// - returns: nil where there is no such zone.
    package init?(named name: String?) {
        guard let name else {
            self = .local
            return
        }
        guard ZoneName.isPlausible(name), let found = TimeZone(identifier: name) else { return nil }
        zone = found
    }

    package static var local: SystemZone { SystemZone(zone: nil) }

    private init(zone: TimeZone?) { self.zone = zone }

    package func offset(at utcSeconds: Int64) -> Int {
        guard let zone else { return Self.hostOffset(at: utcSeconds) }
        return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utcSeconds)))
    }

    /// What every other program of this host says: `TZ` by the rules of POSIX, else `/etc/localtime` as it is now.
    /// Foundation reads both once, and not all that may stand in them.
    private static func hostOffset(at utcSeconds: Int64) -> Int {
        var time = time_t(clamping: utcSeconds)
        var parts = tm()
        // Looks whether the zone is another one; `localtime_r` by itself does not.
        tzset()
        guard localtime_r(&time, &parts) != nil else { return 0 }
        return parts.tm_gmtoff
    }
}
