import CProcess
import Glibc

/// Held for as long as a daemon lives: two daemons never manage one state.
package final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `StateError`; where another daemon holds it, with what to do.
    package init(besideDatabase path: String) throws {
        let file = "\(path).lock"
        let result = mcp_lock(file)
        guard result >= 0 else {
            throw StateError(
                -result == EWOULDBLOCK
                    ? "another daemon already runs with the database '\(path)'; stop it (master-control down) "
                        + "or give this one its own --db-path"
                    : "cannot lock '\(file)': \(errorText(-result))")
        }
        descriptor = result
    }

    deinit { close(descriptor) }
}
