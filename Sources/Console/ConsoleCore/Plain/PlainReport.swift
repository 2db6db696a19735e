import FleetModel
import TerminalText

/// The fleet as lines, one for each change: for scripts, screen readers, and terminals that can show no more.
package struct PlainReport: Sendable {
    private var mirror = FleetMirror()
    private var hasPicture = false
    private var lostSince: Timestamp?
    private let server: String

    package init(server: String) { self.server = server }

    /// - Parameter now: by this host's clock.
    /// - Returns: lines without their ends.
    package mutating func lines(for message: Message, now: Timestamp) -> [String] {
        switch message {
        case .fleet(let events): return events.flatMap { lines(for: $0, now) }
        case .link(.lost(let reason, _)):
            guard lostSince == nil else { return [] }
            lostSince = now
            return [line(now, .bad, reason)]
        case .link(.refused(let reason)): return [line(now, .bad, reason)]
        case .link(.live):
            guard let lostSince else { return [] }
            self.lostSince = nil
            return [
                line(
                    now, .good,
                    "connected to \(server) again after \(DurationText.stopwatch(now.seconds(since: lostSince)))")
            ]
        case .notice(let severity, let text): return [line(now, severity, text)]
        default: return []
        }
    }

    private mutating func lines(for event: FleetEvent, _ now: Timestamp) -> [String] {
        guard case .snapshot = event else { return mirror.apply(event, now: now).map { line($0) } }
        let before = mirror
        _ = mirror.apply(event, now: now)
        guard hasPicture else {
            hasPicture = true
            return summary(now)
        }
        return mirror.differences(from: before, now: now).map { line($0) }
    }

    private func line(_ notice: Notice) -> String {
        let target = notice.target.isEmpty ? "" : "\(notice.target) "
        return line(notice.time, notice.severity, target + notice.text)
    }

    /// How it is at the beginning: one line for all, and one for each that is not as it should be.
    private func summary(_ now: Timestamp) -> [String] {
        let tally = mirror.tally
        let counts = ClientStatus.allCases.map { "\(tally.clients[$0] ?? 0) \(DisplayFormat.state($0))" }.joined(
            separator: ", ")
        let failed = tally.workloads(where: \.isTrouble)
        var lines = [
            line(
                now, failed > 0 || tally.clients[.online] != tally.clientCount ? .warning : .good,
                "\(DisplayFormat.plural(tally.clientCount, "client")): \(counts); "
                    + "\(DisplayFormat.plural(tally.workloadCount, "workload")): \(failed) FAILED")
        ]
        for (name, client) in mirror.clients.sorted(by: { $0.key < $1.key }) {
            if client.overview.status != .online {
                let notice = FleetMirror.notice(client.overview, now)
                lines.append(line(now, notice.severity, "\(name) \(notice.text)"))
            }
            for (workload, known) in client.workloads.sorted(by: { $0.key < $1.key }) where known.status.isTrouble {
                let reason = (known.lastError ?? DisplayFormat.end(of: known)).map { ": \($0)" } ?? ""
                lines.append(line(now, .bad, "\(name)/\(workload) is \(DisplayFormat.state(known.status))\(reason)"))
            }
        }
        return lines
    }

    private func line(_ time: Timestamp, _ severity: Notice.Severity, _ text: String) -> String {
        let word =
            switch severity {
            case .info: "INFO"
            case .good: "OK  "
            case .warning: "WARN"
            case .bad: "BAD "
            }
        return "\(time.description.prefix(19))Z \(word) \(SafeText.line(text))"
    }
}
