/// A release on the control host.
package struct Release: Codable, Hashable, Sendable {
    package var version: String
    package var sizeBytes: Int64
    /// SHA-256 over all of it: contents, modes, links and folders, as `release_sum` of the deploy script computes it.
    package var checksum: String
    package var createdAt: Timestamp
    /// Clients that have it in use.
    package var runningOn: [String]

    package init(version: String, sizeBytes: Int64, checksum: String, createdAt: Timestamp, runningOn: [String]) {
        self.version = version
        self.sizeBytes = sizeBytes
        self.checksum = checksum
        self.createdAt = createdAt
        self.runningOn = runningOn
    }

    enum CodingKeys: String, CodingKey {
        case version, checksum
        case sizeBytes = "size_bytes"
        case createdAt = "created_at"
        case runningOn = "running_on"
    }
}

/// Newest first.
package struct ReleaseList: Codable, Hashable, Sendable {
    package var releases: [Release]
    package init(releases: [Release]) { self.releases = releases }
}
