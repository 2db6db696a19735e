import FleetClient
import FleetConfig
import FleetModel
import FoundationEssentials
import Glibc
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The releases on the control host: folders below `central.releases_dir`.
///
/// To look at all their files and to hash them is dear, and everybody may ask. So it is done by one loop on a thread of
/// its own, once for all who ask meanwhile, and a checksum is kept as long as nothing in its folder has changed.
final class ReleaseCatalog: Service {
    /// Newest ones that are listed.
    static let most = 200
    /// Seconds that the checksum of one may take.
    static let checksumSeconds = 120.0
    /// How long somebody waits for a list with all checksums; what is not there by then comes with a later answer.
    static let patience = 20.0
    /// How long a list is as good as a new one.
    private let freshness: Duration

    struct State {
        var checksums: [String: (mark: ReleaseFolder.Mark, checksum: String)] = [:]
        var last: [Listed] = []
        var surveyed: ContinuousClock.Instant?
        /// Set when the survey ends that goes on or was ordered; nil where none is.
        var survey: Once<Void>?
        var hashed = 0
        /// Of those that plans were made with, by digest.
        var details: [String: Details] = [:]
    }

    struct Listed: Sendable {
        var folder: ReleaseFolder
        /// Empty where it isn't known (yet).
        var checksum: String
    }

    let folder: String
    let environment: [String: String]
    private let now: @Sendable () -> Int64
    let guarded = Mutex(State())
    let pool = NIOThreadPool(numberOfThreads: 1)
    private let orders = Signal()

    /// - Parameter now: seconds since 1970, as the clock of the files has them.
    init(
        folder: String, environment: [String: String], freshness: Duration = .seconds(1),
        now: @escaping @Sendable () -> Int64 = { Int64(clamping: time(nil)) }
    ) {
        self.folder = folder
        self.environment = environment
        self.freshness = freshness
        self.now = now
    }

    func run() async throws {
        pool.start()
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await self.survey() }
            // A hash that goes on is ended with us.
            try? await gracefulShutdown()
            tasks.cancelAll()
        }
        try? await pool.shutdownGracefully()
    }

    /// Why a release can't be deployed, as a sentence.
    func problem(of version: String) async -> String? {
        await blocking { [folder] in
            let path = "\(folder)/\(version)"
            guard ReleaseFolder.isFolder(path) else {
                return "there is no release '\(version)' in '\(folder)'; put its folder there"
            }
            let configs = (try? FileManager.default.contentsOfDirectory(atPath: path + "/configs")) ?? []
            guard configs.contains(where: { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }) else {
                return "the release '\(version)' has no configs/*.yaml in its folder"
            }
            return nil
        }
    }

    /// Workloads of a release, as far as its files can be read here.
    func names(of version: String) -> Set<String> {
        let configs = WorkloadDirectory(path: "\(folder)/\(version)/configs", releaseRoot: "\(folder)/\(version)")
        return Set(ConfigurationReader(environment: environment).workloads(in: [configs]).specs.map(\.name))
    }

    /// Of a release as it is now; nil where it can't be had, also where its folder is being changed.
    func digest(of version: String) async -> String? {
        let found = try? await pool.runIfActive { [folder] in ReleaseFolder(in: folder, version: version) }
        guard let release = found ?? nil else { return nil }
        let checksum = await checksum(of: release)
        return checksum.isEmpty ? nil : checksum
    }

    // MARK: - The list

    /// Newest first.
    ///
    /// - Parameter runningOn: who has a release of that version in use. One with another content is not meant.
    func list(runningOn: [String: [ClientOverview]], patience: Double = ReleaseCatalog.patience) async -> [Release] {
        if let survey = begin() { _ = await survey.wait(seconds: patience) }
        return guarded.withLock { $0.last }.map { listed in
            Release(
                version: listed.folder.version, sizeBytes: listed.folder.size, checksum: listed.checksum,
                createdAt: listed.folder.modified,
                runningOn: (runningOn[listed.folder.version] ?? [])
                    .filter {
                        $0.deployedDigest == nil || listed.checksum.isEmpty || $0.deployedDigest == listed.checksum
                    }
                    .map(\.name))
        }
    }

    /// - Returns: what ends with the survey that was begun or goes on; nil where the last list is good enough.
    private func begin() -> Once<Void>? {
        guarded.withLock { state in
            if let survey = state.survey { return survey }
            if let surveyed = state.surveyed, ContinuousClock.now - surveyed < freshness { return nil }
            let survey = Once<Void>()
            state.survey = survey
            orders.ring()
            return survey
        }
    }

    /// How many releases were hashed so far.
    var hashed: Int { guarded.withLock { $0.hashed } }

    private func survey() async {
        while await orders.wait() == .rang {
            let found =
                (try? await pool.runIfActive { [folder] in ReleaseFolder.newest(in: folder, most: Self.most) }) ?? []
            // Shown to those whose patience ends.
            guarded.withLock { state in
                state.last = found.map { Listed(folder: $0, checksum: state.checksum(of: $0) ?? "") }
                state.checksums = state.checksums.filter { known in found.contains { $0.version == known.key } }
            }
            for (index, release) in found.enumerated() {
                let checksum = await checksum(of: release)
                guarded.withLock { $0.last[index].checksum = checksum }
            }
            let survey = guarded.withLock { state in
                state.surveyed = .now
                defer { state.survey = nil }
                return state.survey
            }
            survey?.set()
        }
    }

    /// The same that the deploy script computes; empty where it can't be had.
    private func checksum(of release: ReleaseFolder) async -> String {
        guard let mark = release.mark else { return "" }
        if let known = guarded.withLock({ $0.checksum(of: release) }) { return known }
        guarded.withLock { $0.hashed += 1 }
        let output = LockedOutput()
        let run = ScriptRun(
            path: "/bin/sh", arguments: ["-c", ReleaseContents.program, "sh", "\(folder)/\(release.version)"],
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"], timeLimit: Self.checksumSeconds)
        guard case .exited(0) = await run.run(in: pool, output: { output.append($0) }) else { return "" }
        let text = output.text
        let checksum = String(text.prefix { $0.isHexDigit })
        guard checksum.count == 64 else { return "" }
        // One that somebody is copying in was hashed in some state between.
        let after = try? await pool.runIfActive { [folder] in ReleaseFolder(in: folder, version: release.version) }
        guard after?.mark == mark else { return "" }
        // Else it is hashed again when somebody asks again.
        if release.isSettled(at: now()) { guarded.withLock { $0.checksums[release.version] = (mark, checksum) } }
        return checksum
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        do {
            return try await NIOThreadPool.singleton.runIfActive(body)
        } catch {
            return body()
        }
    }
}

extension ReleaseCatalog.State {
    func checksum(of release: ReleaseFolder) -> String? {
        guard let known = checksums[release.version], known.mark == release.mark else { return nil }
        return known.checksum
    }
}

/// What a program printed.
final class LockedOutput: Sendable {
    private let limit: Int
    private let bytes = Mutex<[UInt8]>([])

    init(limit: Int = 4096) { self.limit = limit }

    func append(_ part: [UInt8]) { bytes.withLock { if $0.count < limit { $0 += part } } }
    var whole: [UInt8] { bytes.withLock { $0 } }
    var text: String { String(decoding: whole, as: UTF8.self) }
}
