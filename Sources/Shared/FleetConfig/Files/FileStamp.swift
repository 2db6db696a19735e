import FleetModel
import Glibc

/// How a file was when it was read, to see later whether it is still the same.
package struct FileStamp: Codable, Hashable, Sendable {
    package var path: String
    /// Of its content; all nil where there was no such file.
    var device: UInt64?
    var inode: UInt64?
    var size: Int64?
    var nanoseconds: Int64?
    /// When it was written last.
    var seconds: Int64?

    /// The file as it is now.
    package init(_ path: String) {
        self.path = path
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        device = UInt64(clamping: status.st_dev)
        inode = UInt64(clamping: status.st_ino)
        size = Int64(clamping: status.st_size)
        seconds = Int64(clamping: status.st_mtim.tv_sec)
        nanoseconds = Int64(clamping: status.st_mtim.tv_nsec)
    }

    /// It was written, replaced, removed or made since then.
    package var hasChanged: Bool { FileStamp(path) != self }
}

extension [FileStamp] {
    /// Those that say something else now, perhaps; as a sentence, nil where there is none.
    package var notice: String? {
        let changed = filter(\.hasChanged).map(\.path)
        guard !changed.isEmpty else { return nil }
        let names =
            changed.prefix(5).joined(separator: ", ") + (changed.count > 5 ? " and \(changed.count - 5) more" : "")
        return "changed since the central has read it: \(names); it is used after 'master-control reload'"
    }
}

extension ConfigurationReader {
    /// The files that a central is made of, as they are now: to be asked for before they are read, so that nothing that
    /// changes in between is missed.
    package static func centralFiles(
        configDir: String, settings: CentralSettings, inventory: Inventory
    ) -> [String] {
        let (folder, _) = split(settings.inventoryPath)
        let files =
            [
                join(configDir, "daemon.yaml"), join(configDir, "vars.yaml"), settings.inventoryPath,
                join(folder, "vars.yaml"),
            ]
            + settings.tokenFiles + inventory.clients.compactMap(\.apiTokenFile)
        var seen: Set<String> = []
        return files.filter { seen.insert($0).inserted }
    }
}
