import FleetModel
import Foundation
import Testing

@Suite("The manifest of a release")
struct ReleaseManifestTests {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// Runs a text in a folder of its own that holds a release `r`, behind the functions of the deploy script.
    private static func sh(_ script: String, _ shell: [String] = ["/bin/sh"]) throws -> (bytes: [UInt8], text: String) {
        let folder = FileManager.default.temporaryDirectory.path + "/mctl-manifest-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: shell[0])
        process.arguments =
            shell.dropFirst() + ["-euc", ". '\(root)/scripts/deploy/release.sh'\numask 022\nmkdir r\n" + script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return (bytes, String(decoding: bytes, as: UTF8.self))
    }

    private static let odd = #"""
        mkdir -p 'r/a b' r/empty/deep 'r/-d'; echo one >'r/a b/f 644 x'; echo two >'r/back\slash'; : >r/none
        ln -s '//etc' r/link; ln -s 'a b//f 644 x' 'r/ d 755'; echo ü >'r/über.yaml'; chmod 711 r/empty; chmod 600 r/none
        printf x >"$(printf 'r/\377')"; echo three >'r/l a'; mkdir 'r/f 644'
        """#

    @Test(
        "the deploy script and we say the same of a folder with odd names, modes, links and empty folders",
        arguments: ["dash", "bash", "busybox"])
    func same(shell: String) throws {
        let words = shell == "busybox" ? ["/usr/bin/busybox", "sh"] : ["/bin/" + shell]
        guard FileManager.default.isExecutableFile(atPath: words[0]) else { return }
        let printed = try Self.sh(Self.odd + "\nrelease_manifest r", words)
        let manifest = try #require(ReleaseManifest(printed.bytes), "\(printed.text)")
        let sum = try Self.sh(Self.odd + "\nrelease_sum r", words).text
        #expect(manifest.digest + "\n" == sum)
        #expect(manifest.entries.count == 14, "\(manifest.entries.keys.sorted())")
        #expect(manifest.entries["empty"] == .init(kind: .folder, mode: "711"))
        #expect(manifest.entries["link"] == .init(kind: .link("//etc")))
        #expect(manifest.entries[" d 755"] == .init(kind: .link("a b//f 644 x")))
        #expect(manifest.entries["none"]?.mode == "600")
        #expect(manifest.entries[#"back\slash"#]?.kind == .file(sha256: Digest.text(of: "two\n")))
        #expect(manifest.entries["a b/f 644 x"]?.kind == .file(sha256: Digest.text(of: "one\n")))
    }

    @Test(
        "each change of a release is another digest, and is named",
        arguments: [
            ("echo more >>r/x", [], ["x"], []), ("chmod 755 r/x", [], ["x"], []), ("mkdir r/e", ["e"], [], []),
            ("rmdir r/empty", [], [], ["empty"]), ("ln -sfn other r/l", [], ["l"], []),
            ("mv r/x r/y", ["y"], [], ["x"]), ("chmod 700 r", [], [""], []), ("rm r/l; echo >r/l", [], ["l"], []),
            ("true", [], [], []),
        ] as [(String, [String], [String], [String])])
    func changes(change: String, added: [String], changed: [String], removed: [String]) throws {
        let release = "echo 1 >r/x; mkdir r/empty; ln -s x r/l\n"
        let before = try #require(ReleaseManifest(try Self.sh(release + "release_manifest r").bytes))
        let after = try #require(ReleaseManifest(try Self.sh(release + change + "\nrelease_manifest r").bytes))
        let difference = ReleaseDifference(from: before.entries, to: after.entries)
        #expect(difference.added == added)
        #expect(difference.changed == changed)
        #expect(difference.removed == removed)
        #expect((before.digest == after.digest) == difference.isEmpty)
    }

    @Test(
        "what is none, or only the beginning of one, is not taken for one",
        arguments: [
            "", "\n", "d 755 ", "d 755 \nf 644 x\n", "d 755 \nd 755 \n", "f 644 x\n", "d 75x \n", "d 755 \nl x\n",
            "d 755 \n\n", "d 755 \n" + String(repeating: "0", count: 64) + "  ./x\n", "x 644 y\nd 755 \n",
        ])
    func none(text: String) {
        #expect(ReleaseManifest(Array(text.utf8)) == nil)
    }

    @Test("what is not known is no proof of being the same, and none of being another")
    func identity() {
        let (known, other) = (ReleaseInUse(version: "1", digest: "a"), ReleaseInUse(version: "1", digest: "b"))
        let unknown = ReleaseInUse(version: "1")
        #expect(known.isSurely(known) && known.mayBe(known))
        #expect(!known.isSurely(unknown) && !unknown.isSurely(unknown) && known.mayBe(unknown) && unknown.mayBe(known))
        #expect(!known.mayBe(other) && !known.isSurely(other))
        #expect(!unknown.mayBe(ReleaseInUse(version: "2")) && !unknown.mayBe(ReleaseInUse(version: nil)))
        #expect(ReleaseInUse(version: nil).mayBe(ReleaseInUse(version: nil)))
        #expect(ReleaseInUse.shown("1.3.0", String(repeating: "7f3a9c", count: 3)) == "1.3.0@7f3a9c")
        #expect(ReleaseInUse(version: nil, digest: "x").words == "no release")
    }
}
