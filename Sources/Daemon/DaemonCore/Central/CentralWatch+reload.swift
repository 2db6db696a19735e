import FleetModel
import Glibc
import Logging

extension CentralWatch {
    /// Seconds that the central has for reading its files again, and the pause between two looks for what it says.
    private static let reloading = (patience: 10.0, pause: Duration.milliseconds(5))

    /// Has the central read its files again.
    ///
    /// - Returns: what it says of that; nil where there is none that could.
    package func reload() async -> CentralReport.Reload? {
        guard isListening, machine.status == .running, let pid = machine.pid, let before = report, isOurs(pid) else {
            return nil
        }
        let run = runID
        let number = before.reload?.number ?? 0
        guard kill(pid, SIGHUP) == 0 else { return nil }
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(Self.reloading.patience)
        while clock.now < deadline, runID == run, machine.status == .running {
            if let told = report?.reload, told.number > number { return told }
            try? await Task.sleep(for: Self.reloading.pause)
        }
        logger.error("the central did not say whether it has read its files again", metadata: ["pid": "\(pid)"])
        return CentralReport.Reload(
            number: number, issues: [],
            changes: ["the central did not say whether it has read its files again; its log may say why"])
    }

    /// A pid that was given to another process meanwhile is not signalled.
    private func isOurs(_ pid: Int32) -> Bool {
        let record = RunFolder(path: surroundings.paths.runDirectory(of: CentralProgram.name)).record
        return record.map { $0.pid == pid && $0.runID == runID && $0.outcome == nil && $0.isAlive } ?? false
    }
}
