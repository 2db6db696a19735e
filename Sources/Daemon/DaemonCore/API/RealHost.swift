import FleetHTTP
import FleetModel

/// This host: its supervisor, the files that feed it, and the logs on its disk.
struct RealHost: WorkloadHost {
    let control: DaemonControl
    /// How the central of this host is; nil where it has none.
    let central: @Sendable () async -> CentralProcess?

    func health(isLocal: Bool) -> Health { isLocal ? control.localHealth : control.health }

    func list() async -> WorkloadList {
        WorkloadList(workloads: await control.ready().list(), central: await central())
    }

    func detail(of name: String) async throws -> WorkloadDetail { try await control.ready().status(name) }

    func act(_ action: WorkloadAction, on name: String) async throws -> ActionResult {
        let supervisor = await control.ready()
        return switch action {
        case .start: try await supervisor.start(name)
        case .stop: try await supervisor.stop(name)
        case .restart: try await supervisor.restart(name)
        }
    }

    func reload() async throws -> ReloadChanges { try await control.reload() }

    func log(of name: String, lines: Int) async throws -> [String] {
        let files = try await files(of: name)
        let tail = LogTail(path: files.path, keep: files.keep)
        return await DiskExecutor.run { tail.lines(lines) }
    }

    func followLog(of name: String, lines: Int, after id: Int64?) async throws -> LogEvents {
        let files = try await files(of: name)
        if let id { return LogEvents(files: files, from: id) }
        return LogEvents(files: files, from: await DiskExecutor.run { LogFollower.start(of: lines, in: files) })
    }

    private func files(of name: String) async throws -> LogFiles {
        let spec = try await control.ready().spec(name)
        return control.logFiles(of: name, keep: spec.logKeep)
    }
}
