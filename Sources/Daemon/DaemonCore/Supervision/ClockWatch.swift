import CProcess
import FleetClient
import Logging
import ServiceLifecycle

/// Rings when what the wall clock said a moment ago says nothing about now: it was set, the host has slept, or its time
/// zone is another one.
package final class ClockWatch: Service {
    package let shifts: Signal
    private let watched: [WatchedDescriptor]

    /// - Parameters:
    ///   - zoneFile: what says the host's zone; a link that is replaced, or a file.
    ///   - logger: told what can't be watched. The supervisor looks at its clocks now and then all the same.
    package init(zoneFile: String = "/etc/localtime", logger: Logger) {
        let shifts = Signal()
        self.shifts = shifts
        let parts = zoneFile.split(separator: "/")
        let folder = "/" + parts.dropLast().joined(separator: "/")
        let name = parts.last.map(String.init) ?? ""
        var watched: [WatchedDescriptor] = []
        do {
            watched.append(
                WatchedDescriptor(try ClockError.check(mcp_clock_watch_open(), "a watch over the clock")) {
                    if mcp_timer_read($0) == 1 { shifts.ring() }
                })
            watched.append(
                WatchedDescriptor(
                    try ClockError.check(mcp_name_watch_open(folder), "a watch over '\(folder)'")
                ) {
                    if mcp_name_watch_read($0, name) == 1 { shifts.ring() }
                })
        } catch {
            logger.warning("a clock or zone that changes is noticed only after half a minute: \(error)")
        }
        self.watched = watched
    }

    package func run() async { try? await gracefulShutdown() }
}
