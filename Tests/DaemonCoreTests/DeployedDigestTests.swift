import DaemonCore
import FleetModel
import Foundation
import Testing

@Suite("The digest of the release in use")
struct DeployedDigestTests {
    private static let digest = String(repeating: "0f", count: 32)

    /// What the deploy script may have left, and what the daemon says of it.
    @Test(
        "is the one that was kept beside the release when it was verified, and nothing else is",
        arguments: [
            ("releases/2.0", "2.0", digest + "\n", digest),
            ("releases/2.0@0f0f0f0f0f0f/2.0", "2.0@0f0f0f0f0f0f", digest + "\n", digest),
            // Of the other release of that name.
            ("releases/2.0@0f0f0f0f0f0f/2.0", "2.0", digest + "\n", nil),
            ("releases/2.0", "2.0@0f0f0f0f0f0f", digest + "\n", nil),
            ("releases/2.0", "1.0", digest + "\n", nil), ("releases/2.0", "2.0", "", nil),
            ("releases/2.0", "2.0", digest, nil),
            ("releases/2.0", "2.0", digest.uppercased() + "\n", nil),
            // A list of files that an older script left.
            ("releases/2.0", "2.0", digest + "  ./configs/app.yaml\n", nil),
        ] as [(String, String, String, String?)])
    func kept(folder: String, record: String, text: String, says: String?) throws {
        let home = FileManager.default.temporaryDirectory.path + "/mctl-digest-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        for path in ["/" + folder, "/releases/.checksums"] {
            try FileManager.default.createDirectory(atPath: home + path, withIntermediateDirectories: true)
        }
        let installation = Installation(configDir: home + "/configs", installDir: home)
        #expect(installation.release == ReleaseInUse(version: nil))
        try FileManager.default.createSymbolicLink(atPath: home + "/current", withDestinationPath: folder)
        #expect(installation.release == ReleaseInUse(version: "2.0"), "there is no record")
        try Data(text.utf8).write(to: URL(fileURLWithPath: home + "/releases/.checksums/" + record))
        #expect(installation.deployedVersion == "2.0")
        #expect(installation.deployedDigest == says)
    }
}
