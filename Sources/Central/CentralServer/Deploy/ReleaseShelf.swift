import FleetConfig
import FleetModel
import FoundationEssentials
import NIOPosix
import Synchronization

/// The releases on the control host: folders below `central.releases_dir`.
final class ReleaseShelf: Sendable {
    /// Newest ones that are listed.
    static let most = 200
    /// Seconds that the checksum of one may take.
    static let checksumSeconds = 120.0

    let folder: String
    private let environment: [String: String]
    private let checksums = Mutex<[String: (mark: String, checksum: String)]>([:])

    init(folder: String, environment: [String: String]) {
        self.folder = folder
        self.environment = environment
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

    /// Newest first.
    func list(in pool: NIOThreadPool, runningOn: [String: [String]]) async -> [Release] {
        let found = await blocking { [folder] in ReleaseFolder.newest(in: folder, most: Self.most) }
        var releases: [Release] = []
        for release in found {
            let checksum = await checksum(of: release, in: pool)
            releases.append(
                Release(
                    version: release.version, sizeBytes: release.size, checksum: checksum,
                    createdAt: release.modified, runningOn: runningOn[release.version] ?? []))
        }
        return releases
    }

    /// The same that the deploy script computes; empty where it can't be had.
    private func checksum(of release: ReleaseFolder, in pool: NIOThreadPool) async -> String {
        if let known = checksums.withLock({ $0[release.version] }), known.mark == release.mark { return known.checksum }
        let tail = LockedOutput()
        let run = ScriptRun(
            path: "/bin/sh",
            arguments: [
                "-c", "cd \"$1\" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum", "sh",
                "\(folder)/\(release.version)",
            ],
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"], timeLimit: Self.checksumSeconds)
        guard case .exited(0) = await run.run(in: pool, output: { tail.append($0) }) else { return "" }
        let checksum = String(tail.text.prefix { $0.isHexDigit })
        guard checksum.count == 64 else { return "" }
        checksums.withLock { known in
            if known.count > Self.most { known.removeAll() }
            known[release.version] = (release.mark, checksum)
        }
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

/// What a short program printed.
private final class LockedOutput: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    func append(_ part: [UInt8]) { bytes.withLock { if $0.count < 4096 { $0 += part } } }
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
