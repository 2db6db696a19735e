import CProcess
import FleetModel
import FoundationEssentials
import Glibc

/// The folder of a release, measured.
struct ReleaseFolder: Sendable {
    /// Entries that one may have; of one with more nothing is said but its name.
    static let mostFiles = 200_000
    /// Seconds. What changed later than this may change once more and have the same time, as file systems have coarse
    /// clocks.
    static let settling: Int64 = 1

    var version: String
    /// Bytes of all its files.
    var size: Int64 = 0
    var modified: Timestamp
    /// Changes when anything in it changes: contents, modes, links, names. Nil where there is too much of it.
    var mark: Mark?
    /// Seconds since 1970 of the last change of anything in it, its mode too.
    private var changed: Int64

    struct Mark: Hashable, Sendable {
        var count: Int
        /// Of all entries, in whatever order they came.
        var sum: Int
    }

    /// Newest first.
    static func newest(in folder: String, most: Int) -> [ReleaseFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let found = names.compactMap { ReleaseFolder(in: folder, version: $0) }
        return Array(found.sorted { ($0.modified, $0.version) > ($1.modified, $1.version) }.prefix(most))
    }

    /// - Returns: nil for what is no folder, or has no name of a release. A link may point anywhere.
    init?(in folder: String, version: String) {
        let path = "\(folder)/\(version)"
        guard Identifier.isVersion(version), let own = Self.status(path), Self.isFolder(own) else { return nil }
        self.version = version
        modified = Timestamp(
            milliseconds: max(0, min(253_402_300_799, own.modified_seconds)) * 1000
                + own.modified_nanoseconds / 1_000_000)
        changed = own.changed_seconds
        var mark = Mark(count: 0, sum: Self.digest("", own))
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [] {
            mark.count += 1
            guard mark.count <= Self.mostFiles else { return }
            guard let file = Self.status("\(path)/\(name)") else { continue }
            if file.mode & S_IFMT == S_IFREG {
                size = size.addingReportingOverflow(file.size).partialValue
            }
            changed = max(changed, file.changed_seconds)
            mark.sum &+= Self.digest(name, file)
        }
        self.mark = mark
    }

    /// Whether a change from now on is sure to have another time.
    func isSettled(at now: Int64) -> Bool { changed < now - Self.settling }

    static func isFolder(_ path: String) -> Bool { status(path).map(isFolder) ?? false }

    private static func isFolder(_ status: mcp_entry) -> Bool { status.mode & S_IFMT == S_IFDIR }

    /// Of the link itself where it is one.
    private static func status(_ path: String) -> mcp_entry? {
        var found = mcp_entry()
        return mcp_look_at(path, &found) == 0 ? found : nil
    }

    private static func digest(_ name: String, _ file: mcp_entry) -> Int {
        var hasher = Hasher()
        hasher.combine(name)
        hasher.combine(file.mode)
        hasher.combine(file.inode)
        hasher.combine(file.size)
        hasher.combine(file.modified_seconds)
        hasher.combine(file.modified_nanoseconds)
        hasher.combine(file.changed_seconds)
        hasher.combine(file.changed_nanoseconds)
        return hasher.finalize()
    }
}
