import CProcess
import FleetModel
import Glibc

/// A user of this host with the groups it is to have: whom the processes of a workload run as.
struct Account: Hashable, Sendable {
    var uid: UInt32
    var gid: UInt32
    /// All of them where `isAnother`.
    var groups: [UInt32] = []
    var name: String
    var home: String
    var shell: String
    /// Processes have to be made to become it; otherwise they are it as they begin.
    var isAnother = false
    /// What root may do is none of its business.
    var losesCapabilities = false

    private static let mostGroups = 65_536

    /// - Parameters:
    ///   - user: a name, or a number that the account database need not know; nil is this process's own.
    ///   - group: a name or a number; nil is the user's.
    /// - Throws: `LaunchError` with what to do about it.
    init(user: String? = nil, group: String? = nil) throws(LaunchError) {
        let ownUser = geteuid()
        let number = user.map { UInt32($0) } ?? ownUser
        // What runs as we do needs no account, and no directory service that answers.
        let entry =
            user == nil
            ? try? Self.entry(named: nil, number: ownUser)
            : try Self.entry(named: number == nil ? user : nil, number: number ?? 0)
        guard let uid = entry?.uid ?? number else {
            throw LaunchError(
                "there is no user '\(user ?? "")' on this host; create it or change the workload's 'user'")
        }
        self.uid = uid
        name = entry.map { text($0.name) } ?? String(uid)
        home = entry.map { text($0.home) } ?? ""
        shell = entry.map { text($0.shell) } ?? ""
        if home.isEmpty { home = "/" }
        if shell.isEmpty { shell = "/bin/sh" }
        if let group {
            gid = try Self.number(ofGroup: group)
        } else if user == nil {
            gid = getegid()
        } else if let entry {
            gid = entry.gid
        } else {
            throw LaunchError(
                "user \(uid) is not in the account database of this host, so that its group is not known; say 'group' too"
            )
        }
        losesCapabilities = user != nil && uid != 0
        guard ownUser == 0 else {
            try refuseUnlessOwn(user: user, group: group, ownUser)
            return
        }
        isAnother = user != nil || group != nil
        guard isAnother else { return }
        groups = entry == nil ? [gid] : try Self.groups(of: name, and: gid)
    }

    /// What tells a program whose it is.
    var variables: [String: String] { ["HOME": home, "USER": name, "LOGNAME": name, "SHELL": shell] }

    private func refuseUnlessOwn(user: String?, group: String?, _ ownUser: UInt32) throws(LaunchError) {
        if uid != ownUser {
            throw LaunchError("only a daemon that runs as root can run a workload as user '\(user ?? "")'")
        }
        if group != nil, gid != getegid() {
            throw LaunchError("only a daemon that runs as root can run a workload in group '\(group ?? "")'")
        }
    }

    private static func entry(named name: String?, number: UInt32) throws(LaunchError) -> mcp_account? {
        var entry = mcp_account()
        let error = mcp_account(name, number, &entry)
        if error == 0 { return entry }
        guard error == ENOENT else {
            throw LaunchError("user '\(name ?? String(number))' could not be looked up: \(errorText(error))")
        }
        return nil
    }

    private static func number(ofGroup group: String) throws(LaunchError) -> UInt32 {
        if let number = UInt32(group) { return number }
        var gid: gid_t = 0
        let error = mcp_group(group, &gid)
        guard error == 0 else {
            throw LaunchError(
                error == ENOENT
                    ? "there is no group '\(group)' on this host; create it or change the workload's 'group'"
                    : "group '\(group)' could not be looked up: \(errorText(error))")
        }
        return gid
    }

    private static func groups(of name: String, and primary: UInt32) throws(LaunchError) -> [UInt32] {
        var groups = [gid_t](repeating: 0, count: mostGroups)
        var count = Int32(mostGroups)
        let error = mcp_groups(name, primary, &groups, &count)
        guard error == 0 else {
            throw LaunchError("the groups of user '\(name)' could not be looked up: \(errorText(error))")
        }
        return Array(groups.prefix(Int(count)))
    }
}

/// The text in an array of C.
private func text(_ room: some Any) -> String {
    withUnsafeBytes(of: room) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
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
