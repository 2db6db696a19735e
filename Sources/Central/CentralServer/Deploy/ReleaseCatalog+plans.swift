import FleetConfig
import FleetModel
import NIOPosix
import Synchronization

/// What a deployment would change, told from what the control host has itself: no client is asked for its files, and there
/// is one comparison for all clients that have the same release in use.
extension ReleaseCatalog {
    /// Releases in use that are compared with the one that is to come.
    static let mostCompared = 8
    /// Bytes of a manifest. Beyond that nothing is said of its files.
    static let longestManifest = 32 << 20
    /// Releases whose parts are kept, and entries that one of them may have.
    static let mostKept = 6, mostEntriesKept = 5000

    struct Details: Sendable {
        var manifest: ReleaseManifest
        /// As far as its files can be read here.
        var workloads: [String: WorkloadSpec]
    }

    func plans(to release: ReleaseInUse, from present: Set<ReleaseInUse>) async -> [ReleaseInUse: ClientPlan] {
        let after = await details(of: release)
        var plans: [ReleaseInUse: ClientPlan] = [:]
        for (number, now) in present.sorted(by: { $0.words < $1.words }).enumerated() {
            var plan = ClientPlan(hasItAlready: now.isSurely(release))
            if !plan.hasItAlready, number < Self.mostCompared, let after {
                let before: Details?? = now.version == nil ? .some(nil) : await details(of: now).map(Optional.some)
                if let before {
                    plan.files = ReleaseDifference(
                        from: before?.manifest.entries ?? [:], to: after.manifest.entries)
                    plan.workloads = ReleaseDifference(from: before?.workloads ?? [:], to: after.workloads)
                }
            }
            plans[now] = plan
        }
        return plans
    }

    /// Nil where what lies here is not known to be that release.
    private func details(of release: ReleaseInUse) async -> Details? {
        guard let version = release.version, let digest = release.digest else { return nil }
        if let known = guarded.withLock({ $0.details[digest] }) { return known }
        guard await self.digest(of: version) == digest else { return nil }
        let output = LockedOutput(limit: Self.longestManifest)
        let run = ScriptRun(
            path: "/bin/sh", arguments: ["-c", ReleaseContents.manifest, "sh", "\(folder)/\(version)"],
            environment: ["PATH=/usr/local/bin:/usr/bin:/bin"], timeLimit: Self.checksumSeconds)
        guard case .exited(0) = await run.run(in: pool, output: { output.append($0) }) else { return nil }
        // Its folder may have changed since.
        guard let manifest = ReleaseManifest(output.whole), manifest.digest == digest else { return nil }
        let workloads = try? await pool.runIfActive { [folder, environment] in
            let root = "\(folder)/\(version)"
            let directory = WorkloadDirectory(path: root + "/configs", releaseRoot: root)
            let specs = ConfigurationReader(environment: environment).workloads(in: [directory]).specs.map { spec in
                var spec = spec
                // Where it lies makes no difference.
                spec.releaseRoot = nil
                return (spec.name, spec)
            }
            return Dictionary(specs, uniquingKeysWith: { first, _ in first })
        }
        guard let workloads else { return nil }
        let details = Details(manifest: manifest, workloads: workloads)
        guarded.withLock { state in
            guard manifest.entries.count <= Self.mostEntriesKept else { return }
            if state.details.count >= Self.mostKept { state.details = [:] }
            state.details[digest] = details
        }
        return details
    }
}
