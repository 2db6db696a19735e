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
    let place: DaemonPlace
    let manager: ServiceManager
    let logger: Logger
    /// Takes lines for standard error; nil where the log goes there anyway.
    let complain: (@Sendable (String) -> Void)?
    /// Has the central of this host read its files again; nil where there is none that could.
    let reloadCentral: @Sendable () async -> CentralReport.Reload?
    private let turns = SerialQueue()
    private let begun = Latch()

    init(
        supervisor: Supervisor, installation: Installation, clientName: String, paths: DaemonPaths,
        reader: ConfigurationReader, place: DaemonPlace, manager: ServiceManager,
        complain: (@Sendable (String) -> Void)? = nil,
        reloadCentral: @escaping @Sendable () async -> CentralReport.Reload? = { nil }, logger: Logger
    ) {
        self.supervisor = supervisor
        self.installation = installation
        self.clientName = clientName
        self.paths = paths
        self.reader = reader
        self.place = place
        self.manager = manager
        self.complain = complain
        self.reloadCentral = reloadCentral
        self.logger = logger
    }

    package var health: Health {
        let release = installation.release
        return Health(
            version: ProgramVersion.current, deployedVersion: release.version, deployedDigest: release.digest,
            clientName: clientName)
    }

    /// The same for whoever has come by the socket, and may know where the daemon works.
    var localHealth: Health {
        var health = health
        health.configDir = place.configDir
        health.dbPath = place.dbPath
        return health
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
        tell(reading.issues)
        try await supervisor.begin(reading)
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
                manager.reloading()
                defer { manager.ready() }
                let reading = reader.workloads(in: installation.workloadDirectories)
                guard reading.issues.isEmpty else { throw InvalidConfiguration(issues: reading.issues) }
                // First the one that may refuse: then nothing has changed anywhere.
                let central = await reloadCentral()
                if let issues = central?.issues, !issues.isEmpty { throw InvalidConfiguration(issues: issues) }
                var changes = await supervisor.replace(with: reading.specs, in: reading.files)
                changes.central = central?.changes
                return changes
            }
        }
        switch result {
        case .success(let changes):
            logger.info(
                "configuration reloaded",
                metadata: [
                    "added": "\(changes.added.count)", "removed": "\(changes.removed.count)",
                    "restarted": "\(changes.restarted.count)", "unchanged": "\(changes.unchanged.count)",
                ].merging(changes.central.map { ["central": "\($0.joined(separator: ". "))"] } ?? [:]) { $1 })
        case .failure(let error):
            logger.error("reload refused: the configuration is not valid; nothing was changed")
            if let invalid = error as? InvalidConfiguration { tell(invalid.issues) }
        }
        return try result.get()
    }

    /// In the log, and for whoever started the daemon where the log is not shown to them.
    private func tell(_ issues: [ConfigIssue]) {
        for issue in issues {
            logger.error("configuration is not valid", metadata: ["issue": "\(issue)"])
            complain?("\(issue)")
        }
    }

    /// - Parameter keep: older files that belong to the log.
    func logFiles(of name: String, keep: Int) -> LogFiles {
        LogFiles(path: paths.log(of: name), basePath: "\(paths.runDirectory(of: name))/log-base", keep: keep)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
