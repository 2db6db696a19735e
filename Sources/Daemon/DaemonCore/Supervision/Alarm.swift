import CProcess
@preconcurrency import Dispatch
import FleetClient
import FleetModel
import Glibc

/// One timer: each setting replaces the one before.
package protocol Alarm: Sendable {
    /// Rings for each time that has come; rings that nobody heard yet are joined.
    var rings: Signal { get }

    /// - Parameter seconds: from now, on the clock of `Moment.monotonic`; nil is never.
    func set(after seconds: Double?)
}

/// A timer of the clock that `SystemTime` reads: it goes on while the host sleeps. An event loop's does not, and what is
/// compared with the one clock and waited for on the other comes late by as long as the host has slept.
package final class BootAlarm: Alarm {
    package let rings = Signal()
    private let descriptor: WatchedDescriptor

    /// - Throws: `ClockError`.
    package init() throws {
        let descriptor = try ClockError.check(mcp_alarm_open(), "a timer")
        self.descriptor = WatchedDescriptor(descriptor) { [rings] descriptor in
            if mcp_timer_read(descriptor) == 1 { rings.ring() }
        }
    }

    package func set(after seconds: Double?) {
        // A longer wait than a day ends with a look that finds nothing to do.
        let nanoseconds = seconds.map { Int64(clamping: min(max($0, 0), 86_400) * 1e9) } ?? -1
        guard mcp_alarm_set(descriptor.number, nanoseconds) != 0 else { return }
        // Cannot be with a descriptor of ours; where it is, a look too many is better than none.
        rings.ring()
    }
}

/// A clock of the host can't be waited for.
package struct ClockError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    /// - Parameter result: a descriptor, or the negative of an errno.
    static func check(_ result: Int32, _ what: String) throws -> Int32 {
        guard result < 0 else { return result }
        throw ClockError(description: "cannot make \(what): \(errorText(-result))")
    }
}

/// A descriptor that is read when there is something to read, on no thread that anybody waits for.
final class WatchedDescriptor: Sendable {
    let number: Int32
    /// May be used from anywhere, which the library does not say of it.
    private let source: any DispatchSourceRead

    /// - Parameters:
    ///   - number: closed when this value goes.
    ///   - read: must not wait.
    init(_ number: Int32, _ read: @escaping @Sendable (Int32) -> Void) {
        self.number = number
        source = DispatchSource.makeReadSource(fileDescriptor: number, queue: .global())
        source.setEventHandler { read(number) }
        source.setCancelHandler { _ = close(number) }
        source.activate()
    }

    deinit { source.cancel() }
}
