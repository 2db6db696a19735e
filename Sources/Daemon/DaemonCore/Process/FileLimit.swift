import Glibc
import Synchronization

/// How many files this process may have open: a connection is one, and a central has a thousand of them.
package enum FileLimit {
    private static let before = Mutex<UInt64?>(nil)

    /// What the limit was, and what workloads get: some programs close all descriptors up to it, one by one.
    static var inherited: UInt64? { before.withLock { $0 } }

    /// How many this process may have open now.
    package static var present: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises it as far as this process may.
    package static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
        else { return }
        let soft = UInt64(limit.rlim_cur)
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        before.withLock { $0 = soft }
    }
}
