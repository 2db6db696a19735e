/// What a release is made of, and by that what it is: `release_manifest` of the deploy script prints it, here and on clients.
///
/// First a line for each entry, then one for the contents of each file; sizes need none, for contents of another size have
/// another SHA-256:
///
///     d 755 configs
///     f 644 configs/app.yaml
///     l current//configs/app.yaml
///     <SHA-256>  ./configs/app.yaml
package struct ReleaseManifest: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case folder
        case file(sha256: String)
        /// Where it leads.
        case link(String)
    }

    package struct Entry: Hashable, Sendable {
        package var kind: Kind
        /// Three groups, as `chmod` takes them; nil for a link, which has none.
        package var mode: String?

        package init(kind: Kind, mode: String? = nil) {
            self.kind = kind
            self.mode = mode
        }
    }

    /// By path within the release; the release itself is the empty path.
    package private(set) var entries: [String: Entry] = [:]
    /// 64 hexadecimal digits: the identity of the release.
    package let digest: String

    /// - Returns: nil for what is no manifest, or only the beginning of one.
    package init?(_ text: [UInt8]) {
        guard text.last == UInt8(ascii: "\n") else { return nil }
        digest = Digest.text(of: text)
        var awaited: Set<String> = []
        for line in text.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if let (path, checksum) = Self.contents(line) {
                guard awaited.remove(path) != nil else { return nil }
                entries[path]?.kind = .file(sha256: checksum)
            } else {
                guard let (path, entry) = Self.entry(line), entries.updateValue(entry, forKey: path) == nil else {
                    return nil
                }
                if case .file = entry.kind { awaited.insert(path) }
            }
        }
        guard awaited.isEmpty, entries[""]?.kind == .folder else { return nil }
    }

    private static func entry(_ line: ArraySlice<UInt8>) -> (String, Entry)? {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard let kind = words.first, words.count >= 2 else { return nil }
        if kind.elementsEqual("l".utf8) {
            let rest = line.dropFirst(2)
            // A path has no empty part, so that the first one ends it.
            guard
                let end = rest.indices.first(where: { index in
                    rest[index...].prefix(2).elementsEqual("//".utf8)
                })
            else { return nil }
            return (text(rest[..<end]), Entry(kind: .link(text(rest[end...].dropFirst(2)))))
        }
        guard words.count == 3, words[1].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else {
            return nil
        }
        let mode = text(words[1])
        if kind.elementsEqual("d".utf8) { return (text(words[2]), Entry(kind: .folder, mode: mode)) }
        guard kind.elementsEqual("f".utf8) else { return nil }
        return (text(words[2]), Entry(kind: .file(sha256: ""), mode: mode))
    }

    /// As `sha256sum` has it: with a backslash in front where one in the name is doubled.
    private static func contents(_ line: ArraySlice<UInt8>) -> (path: String, checksum: String)? {
        let isQuoted = line.first == UInt8(ascii: "\\")
        let line = isQuoted ? line.dropFirst() : line
        let checksum = text(line.prefix(64))
        guard Digest.isText(checksum), line.dropFirst(64).prefix(4).elementsEqual("  ./".utf8) else { return nil }
        let name = line.dropFirst(68)
        guard isQuoted else { return (text(name), checksum) }
        var path: [UInt8] = []
        var isEscape = false
        for byte in name {
            if byte == UInt8(ascii: "\\"), !isEscape {
                isEscape = true
            } else {
                path.append(byte)
                isEscape = false
            }
        }
        return (String(decoding: path, as: UTF8.self), checksum)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
