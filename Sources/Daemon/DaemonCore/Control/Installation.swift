import FleetConfig
import FleetModel
import FoundationEssentials
import Glibc

/// Where this client's configuration lies: its own, and that of the release in use.
package struct Installation: Hashable, Sendable {
    package var configDir: String
    /// Holds `releases/` and `current`.
    package var installDir: String

    package init(configDir: String, installDir: String) {
        self.configDir = configDir
        self.installDir = installDir
    }

    /// The release that `current` points to, with all links resolved; nil where there is none.
    package var releaseRoot: String? {
        guard let real = realpath("\(installDir)/current", nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The version in use: the name of the folder `current` points to.
    package var deployedVersion: String? {
        releaseRoot.flatMap { $0.split(separator: "/").last }.map(String.init)
    }

    /// The digest that the deploy script kept beside the release when it had verified it; nil where there is none. What
    /// an older script kept is a list of files, and no digest.
    package var deployedDigest: String? {
        guard let parts = releaseRoot?.split(separator: "/").map(String.init), let version = parts.last,
            let above = parts.dropLast().last
        else { return nil }
        // Where another release of that version lies there too, it is one folder deeper.
        let isBeside = above.hasPrefix(version + "@")
        let folder = "/" + parts.dropLast(isBeside ? 2 : 1).joined(separator: "/")
        let file = open(
            "\(folder)/.checksums/\(isBeside ? above : version)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 66)
        let count = read(file, &bytes, bytes.count)
        // With the end of its line, and nothing behind that.
        guard count == 65, bytes[64] == UInt8(ascii: "\n") else { return nil }
        let digest = String(decoding: bytes[..<64], as: UTF8.self)
        return Digest.isText(digest) ? digest : nil
    }

    /// The release in use by both.
    package var release: ReleaseInUse { ReleaseInUse(version: deployedVersion, digest: deployedDigest) }

    /// The folders that workload files are read from.
    package var workloadDirectories: [WorkloadDirectory] {
        var directories = [WorkloadDirectory(path: configDir)]
        if let root = releaseRoot {
            // A release installed in place of the client's own folder must not be read twice.
            let configs = "\(root)/configs"
            if realPath(configs) != realPath(configDir) {
                directories.append(WorkloadDirectory(path: configs, releaseRoot: root))
            }
        } else if let problem = Self.problem(ofLink: "\(installDir)/current") {
            directories.append(WorkloadDirectory(path: "\(installDir)/current", problem: problem))
        }
        return directories
    }

    /// Why a link cannot be followed; nil where there is none: a client that never had a release.
    private static func problem(ofLink path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 || errno != ENOENT else { return nil }
        // Once more, as the call above has left its own reason.
        guard stat(path, &status) != 0 else { return nil }
        let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)).map { " to '\($0)'" } ?? ""
        return
            "leads\(target), which cannot be reached: \(errorText(errno)); bring the release back, or remove the link"
    }

    private func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
