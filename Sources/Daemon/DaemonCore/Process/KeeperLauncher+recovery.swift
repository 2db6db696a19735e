import FleetModel
import Glibc
import Logging
import NIOCore

/// Runs that are there without us: of an earlier life of the daemon.
extension KeeperLauncher {
    /// How long a keeper may take to say who it is.
    private static let introduction = TimeAmount.seconds(5)

    package func recover(_ plans: [String: LaunchPlan]) async -> [RecoveredRun] {
        let names = folderNames(in: paths.runDirectory).filter(Identifier.isName)
        var found: [RecoveredRun] = []
        // Side by side: each answer is awaited only after all were asked.
        let answers = names.map { name in find(name, plan: plans[name]) }
        for answer in answers {
            if let run = try? await answer.get() { found.append(run) }
        }
        return found
    }

    private func find(_ name: String, plan: LaunchPlan?) -> EventLoopFuture<RecoveredRun?> {
        let promise = loop.makePromise(of: RecoveredRun?.self)
        loop.execute { [self] in
            let record = folder(of: name).record.flatMap { $0.bootID == bootID && !$0.runID.isEmpty ? $0 : nil }
            // Without a record it needs a name that no other run has.
            var id = "unrecorded-\(name)"
            if let record, state.value.means[record.runID] == nil { id = record.runID }
            guard state.value.means[id] == nil else { return promise.succeed(nil) }
            add(id, Means(plan: plan ?? leftover(name), recordID: record?.runID, answer: promise))
            handle(.find(generation: record?.generation), for: id)
            loop.assumeIsolated().scheduleTask(in: Self.introduction) { [self] in
                handle(.introductionOver, for: id)
            }
        }
        return promise.futureResult
    }

    /// What a workload is ended with that is in no configuration file any more.
    private func leftover(_ name: String) -> LaunchPlan {
        LaunchPlan(
            WorkloadSpec(name: name, program: .command([])), generation: 0, runID: "", paths: paths, environment: [:],
            parameters: { _ in "" })
    }
}

func folderNames(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}
