import CProcess
import FleetModel
import Glibc
import Logging
import NIOCore

/// Runs that are there without us: of an earlier life of the daemon, or of a keeper that went away.
extension KeeperLauncher {
    /// How long a keeper may take to say who it is.
    private static let introduction = TimeAmount.seconds(5)
    private static let mostAttempts = 5

    package func recover(_ plans: [String: LaunchPlan]) async -> [RecoveredRun] {
        let names = folderNames(in: paths.runDirectory).filter(Identifier.isName)
        var found: [RecoveredRun] = []
        // Side by side: each answer is awaited only after all were asked.
        let answers = names.map { name in (name, attach(name, plan: plans[name])) }
        for (_, answer) in answers {
            if let run = try? await answer.get() { found.append(run) }
        }
        return found
    }

    private func attach(_ name: String, plan: LaunchPlan?) -> EventLoopFuture<RecoveredRun?> {
        let promise = loop.makePromise(of: RecoveredRun?.self)
        loop.execute { [self] in
            var run = Run(generation: 0, plan: plan ?? leftover(name))
            run.isStarted = true
            run.found = promise
            runs.value[name] = run
            find(name)
            loop.assumeIsolated().scheduleTask(in: Self.introduction) { [self] in
                guard var run = runs.value[name], let waiting = run.found else { return }
                run.found = nil
                runs.value[name] = nil
                run.channel?.close(promise: nil)
                logger.error(
                    "a workload's keeper does not answer; its workload is left alone", metadata: ["workload": "\(name)"]
                )
                waiting.succeed(nil)
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

    /// The connection to a keeper has ended.
    func lost(name: String, connection: Int, child: Int32?) {
        if let child { reapKeeper(child, on: loop) }
        guard var run = runs.value[name], run.connection == connection else { return }
        run.channel = nil
        run.attempts += 1
        runs.value[name] = run
        if run.isOver {
            // A keeper that failed to start its workload has said so and gone; one that is done waits for a word.
            runs.value[name] = nil
            return
        }
        guard run.attempts <= Self.mostAttempts else {
            end(&run, name: name, .unknown)
            runs.value[name] = run
            return
        }
        find(name)
    }

    /// Connects to the keeper of a run, or finds out from the record what became of the run.
    private func find(_ name: String) {
        guard var run = runs.value[name] else { return }
        let folder = RunFolder(path: paths.runDirectory(of: name))
        let descriptor = mcp_connect_in(folder.path, "sock")
        if descriptor >= 0 {
            run.connection = nextConnection()
            run.pending = ByteBuffer(string: run.asked ?? "")
            runs.value[name] = run
            connect(descriptor, name: name, connection: run.connection, child: nil)
            return
        }
        if folder.isKept {
            // It has been started and does not listen yet, or is just going.
            loop.assumeIsolated().scheduleTask(in: .milliseconds(10)) { [self] in
                if runs.value[name]?.connection == run.connection, runs.value[name]?.channel == nil { find(name) }
            }
            return
        }
        guard let record = folder.record, record.bootID == bootID else {
            // No record, or one from before a reboot: nothing of it can live.
            if let found = run.found {
                folder.removeRecord()
                runs.value[name] = nil
                found.succeed(nil)
            } else {
                end(&run, name: name, .unknown)
                runs.value[name] = run
            }
            return
        }
        run.generation = record.generation
        run.plan.generation = record.generation
        run.plan.runID = record.runID
        runs.value[name] = run
        if let outcome = record.outcome {
            end(&run, name: name, outcome)
            runs.value[name] = run
            return
        }
        var process = mcp_process_info()
        guard mcp_process(record.pid, &process) == 1, process.start_ticks == record.startTicks else {
            end(&run, name: name, .unknown)
            runs.value[name] = run
            return
        }
        logger.warning(
            "a workload has lost its keeper and gets a new one; its exit status will not be known",
            metadata: ["workload": "\(name)", "pid": "\(record.pid)"])
        do throws(LaunchError) {
            try begin(run.plan, adopting: record)
        } catch {
            logger.error("a workload cannot be watched: \(error.reason)", metadata: ["workload": "\(name)"])
            end(&run, name: name, .unknown)
            runs.value[name] = run
        }
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
