import CProcess
import FleetModel

/// The file a keeper leaves in a run's folder: who runs, and how it ended.
struct KeeperRecord: Hashable, Sendable {
    var generation: Int64
    var runID: String
    var bootID: String
    var pid: Int32
    var startTicks: UInt64
    /// Nil while it runs, or where the keeper was killed.
    var outcome: RunOutcome?

    /// Nil where the text is damaged or of another kind.
    init?(text: String) {
        var fields: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            fields[line[..<equals]] = line[line.index(after: equals)...]
        }
        guard let generation = fields["generation"].flatMap({ Int64($0) }),
            let pid = fields["pid"].flatMap({ Int32($0) }), pid > 1,
            let start = fields["start"].flatMap({ UInt64($0) }),
            let boot = fields["boot_id"], let runID = fields["run_id"]
        else { return nil }
        self.generation = generation
        self.runID = String(runID)
        bootID = String(boot)
        self.pid = pid
        startTicks = start
        if let kind = fields["ended"] {
            var end = RunOutcome(kind: kind, code: fields["code"].flatMap { Int32($0) } ?? 0)
            // Keepers of version 0.1.0 do not write these.
            end.remarks.left = fields["left"].flatMap { Int($0) } ?? 0
            end.remarks.lostBytes = fields["lost"].flatMap { Int64($0) } ?? 0
            end.remarks.logError = fields["log_error"].flatMap { Int32($0) } ?? 0
            outcome = end
        }
    }
}

extension KeeperRecord {
    /// The process is there and is no other one of the same number.
    var isAlive: Bool {
        var process = mcp_process_info()
        return mcp_process(pid, &process) == 1 && process.start_ticks == startTicks
    }
}
