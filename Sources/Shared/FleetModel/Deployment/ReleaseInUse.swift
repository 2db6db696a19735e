/// The release that a host has in use. Its identity is the digest of its manifest; the version is what people call it.
package struct ReleaseInUse: Codable, Hashable, Sendable {
    /// Nil where there is no release.
    package var version: String?
    /// Nil where it is not known.
    package var digest: String?

    package init(version: String?, digest: String? = nil) {
        self.version = version
        self.digest = version == nil ? nil : digest
    }

    /// False where they are known to be two. A digest that is not known is equal to none, but no proof either: there are
    /// daemons that do not tell it.
    package func mayBe(_ other: ReleaseInUse) -> Bool {
        guard version == other.version else { return false }
        guard let digest, let its = other.digest else { return true }
        return digest == its
    }

    /// True where they are known to be one.
    package func isSurely(_ other: ReleaseInUse) -> Bool {
        guard let version, let digest else { return false }
        return version == other.version && digest == other.digest
    }

    /// That somebody else has changed the host, which has neither what was there nor what was brought; nil where that is not
    /// so.
    package func objection(besides former: ReleaseInUse, _ ours: ReleaseInUse) -> String? {
        guard !mayBe(ours), !mayBe(former) else { return nil }
        return "it has \(words) in use, neither \(former.words) nor \(ours.words); somebody else has changed it"
    }

    /// For sentences: `release 1.3.0@7f3a9c`, or `no release`.
    package var words: String { version.map { "release \(Self.shown($0, digest))" } ?? "no release" }

    /// `1.3.0@7f3a9c`.
    package static func shown(_ version: String, _ digest: String?) -> String {
        guard let digest, !digest.isEmpty else { return version }
        return "\(version)@\(digest.prefix(6))"
    }
}
