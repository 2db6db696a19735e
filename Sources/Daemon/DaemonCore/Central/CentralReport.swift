import FleetConfig
import FleetModel
import FoundationEssentials
import Glibc

/// What a central leaves for the daemon that watches it, now or in its next life: that it listens, or why it can't.
///
/// A file and no message: the daemon may be killed and come back at any moment. It lies in a folder that is closed to
/// others, and the run's id in it, which nobody can guess, says whose it is.
package struct CentralReport: Codable, Hashable, Sendable {
    package static let variable = "MCTL_CENTRAL_REPORT"

    package var runID: String
    /// Of the program, the configuration and the inventory that it runs with.
    package var identity: String
    /// Set once it listens.
    package var port: Int?
    /// Why it could not begin, as a sentence.
    package var failure: String?
    /// What it has read.
    package var files: [FileStamp]?
    /// What came of reading them again; nil as long as nobody asked for that.
    package var reload: Reload?

    package struct Reload: Codable, Hashable, Sendable {
        /// Counts how often it was asked.
        package var number: Int
        /// Where there is one, nothing was taken.
        package var issues: [ConfigIssue]
        /// What was taken, a sentence each.
        package var changes: [String]

        package init(number: Int, issues: [ConfigIssue], changes: [String]) {
            self.number = number
            self.issues = issues
            self.changes = changes
        }
    }

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case identity, port, failure, files, reload
    }

    package init(
        runID: String, identity: String, port: Int? = nil, failure: String? = nil, files: [FileStamp]? = nil
    ) {
        self.runID = runID
        self.identity = identity
        self.port = port
        self.failure = failure
        self.files = files
    }

    static func path(in paths: DaemonPaths) -> String { "\(paths.runDirectory)/report" }

    /// Nil where there is none, or none that can be read.
    static func read(_ path: String) -> CentralReport? {
        smallFile(path).flatMap { try? JSONDecoder().decode(CentralReport.self, from: Data($0.utf8)) }
    }

    /// - Returns: false where the disk refuses it.
    package func write(to path: String) -> Bool {
        guard let data = try? JSONEncoder().encode(self) else { return false }
        let new = path + ".new"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        let written = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        return written == data.count && rename(new, path) == 0
    }
}
