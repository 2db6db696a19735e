import CProcess
import Glibc

/// Held for as long as a daemon, or a central, lives: two never have one database.
package final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Parameters:
    ///   - program: what has such a database.
    ///   - advice: for somebody whose database another one has already.
    /// - Throws: `StateError`; where another one holds it, with what to do.
    package init(
        besideDatabase path: String, of program: String = "daemon",
        advice: String = "stop it (master-control down) or give this one its own --db-path"
    ) throws {
        let file = "\(path).lock"
        let result = mcp_lock(file)
        guard result >= 0 else {
            throw StateError(
                -result == EWOULDBLOCK
                    ? "another \(program) already runs with the database '\(path)'; \(advice)"
                    : "cannot lock '\(file)': \(errorText(-result))")
        }
        descriptor = result
    }

    deinit { close(descriptor) }
}
