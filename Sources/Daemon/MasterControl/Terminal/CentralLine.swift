import FleetModel
import TerminalText

/// How the central of this host is, in a line.
enum CentralLine {
    static func text(_ central: CentralProcess, now: Timestamp) -> String {
        "central: "
            + SafeText.line((parts(central, now: now) + [central.notice].compactMap { $0 }).joined(separator: ", "))
    }

    private static func parts(_ central: CentralProcess, now: Timestamp) -> [String] {
        let pid = central.pid.map { ["pid \($0)"] } ?? []
        let restarts = central.restarts == 1 ? "1 restart" : "\(central.restarts) restarts"
        let end = end(central, now: now)
        switch central.status {
        case .backoff:
            let next = central.nextRun.map { "starting again " + DisplayFormat.distance(from: now, to: $0) }
            return [end ?? "ended"] + (next.map { [$0] } ?? []) + (central.restarts > 0 ? [restarts] : [])
        case .running, .starting:
            var parts = [central.status.rawValue] + pid
            if let started = central.lastStarted {
                parts.append("since \(started) (\(DurationText.words(now.seconds(since: started))))")
            }
            if central.restarts > 0 { parts.append(restarts + (end.map { " (\($0))" } ?? "")) }
            return parts
        default: return [central.status.rawValue] + pid
        }
    }

    private static func end(_ central: CentralProcess, now: Timestamp) -> String? {
        guard let stopped = central.lastStopped else { return nil }
        let how = central.lastError ?? central.lastExitCode.map { "ended with status \($0)" } ?? "ended"
        return "\(how) \(DisplayFormat.distance(from: now, to: stopped))"
    }
}
