import CProcess
import Glibc

/// Waits for the end of a process that is no child of ours, and of no other that gets its number.
package final class ProcessWatch: Sendable {
    private let descriptor: Int32

    /// Nil where there is no such process, or a kernel (before 5.3) that cannot tell.
    package init?(pid: Int32) {
        descriptor = mcp_watch(pid)
        guard descriptor >= 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Parameter milliseconds: how long it is waited for.
    package func hasEnded(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) == 1
    }
}
