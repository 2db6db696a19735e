import FleetModel
import FoundationEssentials

/// The folder of a release, measured.
struct ReleaseFolder: Sendable {
    /// Files that one may have; what is beyond is not looked at.
    static let mostFiles = 200_000

    var version: String
    /// Bytes of all its files.
    var size: Int64 = 0
    var modified: Timestamp
    /// Changes when a file of it changes.
    var mark: String

    /// Newest first.
    static func newest(in folder: String, most: Int) -> [ReleaseFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let found = names.filter { Identifier.isVersion($0) && isFolder("\(folder)/\($0)") }
            .compactMap { ReleaseFolder(path: "\(folder)/\($0)", version: $0) }
        return Array(found.sorted { ($0.modified, $0.version) > ($1.modified, $1.version) }.prefix(most))
    }

    private init?(path: String, version: String) {
        guard let own = Self.attributes(path) else { return nil }
        self.version = version
        modified = own.modified
        var newest = own.modified
        var count = 0
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [] {
            count += 1
            guard count <= Self.mostFiles, let file = Self.attributes("\(path)/\(name)") else { break }
            if file.type == .typeRegular { size += file.size }
            newest = max(newest, file.modified)
        }
        mark = "\(count) \(size) \(newest.milliseconds)"
    }

    /// A real one: a link may point anywhere.
    static func isFolder(_ path: String) -> Bool { attributes(path)?.type == .typeDirectory }

    /// Of the link itself where it is one.
    private static func attributes(_ path: String) -> (type: FileAttributeType?, size: Int64, modified: Timestamp)? {
        guard let found = try? FileManager.default.attributesOfItem(atPath: path),
            let modified = found[.modificationDate] as? Date
        else { return nil }
        // Which integer it is differs between systems.
        let size =
            (found[.size] as? UInt64).map(Int64.init) ?? (found[.size] as? Int).map(Int64.init)
            ?? (found[.size] as? UInt).map(Int64.init) ?? (found[.size] as? Int64) ?? 0
        return (found[.type] as? FileAttributeType, size, Timestamp(seconds: modified.timeIntervalSince1970))
    }
}
