import CProcess
import FleetModel
import Glibc

/// A user of this host, as a workload's `user` names one.
struct Account: Hashable, Sendable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]
    var home: String

    /// - Throws: `LaunchError` with what to do about it.
    init(user name: String) throws(LaunchError) {
        var uid: uid_t = 0
        var gid: gid_t = 0
        var groups = [gid_t](repeating: 0, count: 256)
        var count: Int32 = 256
        var home = [CChar](repeating: 0, count: 4096)
        let error = mcp_user(name, &uid, &gid, &groups, &count, &home, home.count)
        guard error == 0 else {
            throw LaunchError(
                error == ENOENT
                    ? "there is no user '\(name)' on this host; create it or change the workload's 'user'"
                    : "user '\(name)' could not be looked up: \(errorText(error))")
        }
        if uid != geteuid(), geteuid() != 0 {
            throw LaunchError("only a daemon that runs as root can run a workload as user '\(name)'")
        }
        self.uid = uid
        self.gid = gid
        self.groups = groups.prefix(Int(count)).map { $0 }
        self.home = String(decoding: home.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Why a run could not be begun, as a sentence.
package struct LaunchError: Error, Hashable, Sendable, CustomStringConvertible {
    package var reason: String
    package var description: String { reason }
    init(_ reason: String) { self.reason = reason }
}

/// The system's own text for an errno.
func errorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
