import Glibc

/// Where a daemon that runs as root relies on others: whoever may change its configuration or its state is root.
enum RootFolders {
    /// A sentence for each folder that is not root's alone, with those it lies in. None where this process is not root.
    static func notices(_ folders: [String]) -> [String] {
        guard geteuid() == 0 else { return [] }
        var seen: Set<String> = []
        return folders.flatMap(chain).filter { seen.insert($0).inserted }.compactMap { folder in
            var status = stat()
            return stat(folder, &status) == 0 ? notice(folder, owner: status.st_uid, mode: status.st_mode) : nil
        }
    }

    static func notice(_ folder: String, owner: UInt32, mode: UInt32) -> String? {
        let advice = "make it root's alone, or run the daemon as a user of its own"
        if owner != 0 {
            let name = (try? Account(user: String(owner), group: "0").name) ?? String(owner)
            return "the daemon runs as root, and so can '\(name)', whose folder '\(folder)' is; \(advice)"
        }
        // With the sticky bit others may add to it but replace nothing.
        guard mode & (S_IWGRP | S_IWOTH) != 0, mode & S_ISVTX == 0 else { return nil }
        return "the daemon runs as root, and so can everybody who may write to its folder '\(folder)'; \(advice)"
    }

    /// The folder itself, whatever links lead to it, and all above it: who may rename one of them replaces it.
    private static func chain(_ folder: String) -> [String] {
        guard let resolved = realpath(folder, nil) else { return [] }
        defer { free(resolved) }
        let parts = String(cString: resolved).split(separator: "/")
        return parts.indices.reversed().map { "/" + parts[...$0].joined(separator: "/") }
    }
}
