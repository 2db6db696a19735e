import FleetClient
import FleetConfig
import FleetModel
import Logging

/// What the daemon's API offers, whichever way a request came: the supervisor, and the files it is fed from.
package struct DaemonControl: Sendable {
    /// Files that do not validate; nothing was changed.
    package struct InvalidConfiguration: Error, Sendable {
        package var issues: [ConfigIssue]
    }

    package let supervisor: Supervisor
    package let installation: Installation
    package let clientName: String
    let paths: DaemonPaths
    let reader: ConfigurationReader
    let logger: Logger
    private let turns = SerialQueue()
    private let begun = Latch()

    package init(
        supervisor: Supervisor, installation: Installation, clientName: String, paths: DaemonPaths,
        reader: ConfigurationReader, logger: Logger
    ) {
        self.supervisor = supervisor
        self.installation = installation
        self.clientName = clientName
        self.paths = paths
        self.reader = reader
        self.logger = logger
    }

    package var health: Health {
        Health(
            version: ProgramVersion.current, deployedVersion: installation.deployedVersion, clientName: clientName)
    }

    /// The supervisor once it knows all workloads: until then a list would be wrong.
    package func ready() async -> Supervisor {
        await begun.wait()
        return supervisor
    }

    /// The daemon goes before it has begun.
    func neverBegins() { begun.countDown() }

    /// Valid files run, invalid ones are reported loudly.
    package func begin() async throws {
        defer { begun.countDown() }
        let reading = reader.workloads(in: installation.workloadDirectories)
        for issue in reading.issues { logger.error("configuration is not valid", metadata: ["issue": "\(issue)"]) }
        try await supervisor.begin(reading.specs)
        logger.info(
            "workloads loaded",
            metadata: ["workloads": "\(reading.specs.count)", "files": "\(reading.fileCount)"])
    }

    /// Reads all files, and replaces the definitions if there is no error. One at a time.
    /// - Throws: `InvalidConfiguration`.
    package func reload() async throws -> ReloadChanges {
        await begun.wait()
        let result = await Result { () async throws -> ReloadChanges in
            try await turns.withTurn {
                let reading = reader.workloads(in: installation.workloadDirectories)
                guard reading.issues.isEmpty else { throw InvalidConfiguration(issues: reading.issues) }
                return await supervisor.replace(with: reading.specs)
            }
        }
        switch result {
        case .success(let changes):
            logger.info(
                "configuration reloaded",
                metadata: [
                    "added": "\(changes.added.count)", "removed": "\(changes.removed.count)",
                    "restarted": "\(changes.restarted.count)", "unchanged": "\(changes.unchanged.count)",
                ])
        case .failure(let error):
            logger.error("reload refused: the configuration is not valid", metadata: ["error": "\(error)"])
        }
        return try result.get()
    }

    func logFiles(of name: String) -> LogFiles {
        LogFiles(path: paths.log(of: name), basePath: "\(paths.runDirectory(of: name))/log-base")
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
