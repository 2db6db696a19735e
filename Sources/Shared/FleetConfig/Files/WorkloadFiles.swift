import FleetModel
import FoundationEssentials
import Glibc

/// Finds the workload files below a directory, in an order that does not depend on the file system.
///
/// Directories behind symbolic links are followed, each real directory is read once, so that a loop of links ends.
/// What begins with a dot is left out.
struct WorkloadFiles {
    static let deepest = 16
    static let most = 2000
    /// These hold something else.
    static let reserved = ["daemon", "inventory", "vars"]

    private(set) var paths: [String] = []
    private(set) var issues: [ConfigIssue] = []
    private var seen: Set<DirectoryIdentity> = []

    private struct DirectoryIdentity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    init(below directory: WorkloadDirectory) {
        if let problem = directory.problem {
            report(problem, directory.path)
            return
        }
        var status = stat()
        guard stat(directory.path, &status) == 0 else {
            let code = errno
            if directory.releaseRoot == nil || code != ENOENT {
                report(
                    code == ENOENT
                        ? "the configuration directory does not exist; create it or name another with --config-dir"
                        : "cannot be read: \(BoundedFile.describe(code))", directory.path)
            }
            return
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            report("is not a directory", directory.path)
            return
        }
        visit(directory.path, status: status, depth: 0)
    }

    private mutating func visit(_ path: String, status: stat, depth: Int) {
        let identity = DirectoryIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard seen.insert(identity).inserted else { return }
        guard depth < Self.deepest else {
            report("directories are nested more than \(Self.deepest) deep here", path)
            return
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            report("cannot be read; check its permissions", path)
            return
        }
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !name.hasPrefix(".") {
            guard paths.count < Self.most else {
                report("there are more than \(Self.most) workload files", path)
                return
            }
            visitEntry(name, in: path, depth: depth)
        }
    }

    private mutating func visitEntry(_ name: String, in path: String, depth: Int) {
        let child = path.hasSuffix("/") ? path + name : path + "/" + name
        var status = stat()
        let isReachable = stat(child, &status) == 0
        if isReachable, status.st_mode & S_IFMT == S_IFDIR {
            visit(child, status: status, depth: depth + 1)
            return
        }
        guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { return }
        guard Self.reserved.contains(where: { name == $0 + ".yaml" }) == false else { return }
        if let other = Self.reserved.first(where: { name == $0 + ".yml" }) {
            report("is not read under this name; call it \(other).yaml", child)
            return
        }
        // A link that leads nowhere is reported when it is read.
        paths.append(child)
    }

    private mutating func report(_ message: String, _ path: String) {
        issues.append(ConfigIssue(file: path, line: 0, column: 0, message: message))
    }
}
