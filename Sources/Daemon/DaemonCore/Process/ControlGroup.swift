import CProcess
import FoundationEssentials
import Glibc

/// A control group (v2) that is ours to divide: each run gets one below it, see cgroup.c of the keeper.
package struct ControlGroup: Hashable, Sendable {
    package let path: String
    private static let prefix = "mctl-"

    /// The group this process is in, where whoever manages the host has handed it over: systemd with `Delegate=yes`
    /// marks it, others give it to the user. `MCTL_CGROUP` names another folder, or none if it is empty.
    package static func delegated(environment: [String: String]) -> ControlGroup? {
        if let named = environment["MCTL_CGROUP"] { return named.hasPrefix("/") ? ControlGroup(usable: named) : nil }
        guard let mount = smallFile("/proc/self/mountinfo").flatMap(mountPoint(in:)),
            let own = smallFile("/proc/self/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        let path = mount + own.dropFirst(3)
        return mcp_is_delegated(path) != 0 ? ControlGroup(usable: path) : nil
    }

    /// Nil where groups can't be made in the folder, or the kernel (before 5.14) can't end a whole one.
    package init?(usable path: String) {
        let trial = "\(path)/\(Self.prefix)trial-\(getpid())"
        guard mkdir(trial, 0o755) == 0 else { return nil }
        defer { rmdir(trial) }
        guard access("\(trial)/cgroup.kill", W_OK) == 0, access("\(path)/cgroup.procs", W_OK) == 0 else { return nil }
        self.path = path
        sweep()
    }

    func folder(ofRun id: String) -> String { "\(path)/\(Self.prefix)\(id)" }

    /// Removes the empty ones that keepers left which were killed; those with processes the kernel keeps.
    private func sweep() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix(Self.prefix) {
            rmdir("\(path)/\(name)")
        }
    }

    /// Where the hierarchy of version 2 is mounted.
    static func mountPoint(in table: String) -> String? {
        for line in table.split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2, halves[1].hasPrefix("cgroup2 ") else { continue }
            let fields = halves[0].split(separator: " ")
            // A mount of a part of the hierarchy would need its own arithmetic; there it is done without.
            if fields.count > 4, fields[3] == "/" { return String(fields[4]) }
        }
        return nil
    }
}
