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
                line(now, .good, "connected to \(server) again after \(Words.elapsed(now.seconds(since: lostSince)))")
            ]
        case .notice(let weight, let text): return [line(now, weight, text)]
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

    private func line(_ happening: Happening) -> String {
        let target = happening.target.isEmpty ? "" : "\(happening.target) "
        return line(happening.time, happening.weight, target + happening.text)
    }

    /// How it is at the beginning: one line for all, and one for each that is not as it should be.
    private func summary(_ now: Timestamp) -> [String] {
        let tally = mirror.tally
        let counts = ClientStatus.allCases.map { "\(tally.clients[$0] ?? 0) \(Words.state($0))" }.joined(
            separator: ", ")
        let failed = tally.workloads(where: \.isTrouble)
        var lines = [
            line(
                now, failed > 0 || tally.clients[.online] != tally.clientCount ? .warning : .good,
                "\(Words.plural(tally.clientCount, "client")): \(counts); "
                    + "\(Words.plural(tally.workloadCount, "workload")): \(failed) FAILED")
        ]
        for (name, client) in mirror.clients.sorted(by: { $0.key < $1.key }) {
            if client.overview.status != .online {
                let happening = FleetMirror.happening(client.overview, now)
                lines.append(line(now, happening.weight, "\(name) \(happening.text)"))
            }
            for (workload, known) in client.workloads.sorted(by: { $0.key < $1.key }) where known.status.isTrouble {
                let reason = (known.lastError ?? Words.end(of: known)).map { ": \($0)" } ?? ""
                lines.append(line(now, .bad, "\(name)/\(workload) is \(Words.state(known.status))\(reason)"))
            }
        }
        return lines
    }

    private func line(_ time: Timestamp, _ weight: Happening.Weight, _ text: String) -> String {
        let word =
            switch weight {
            case .info: "INFO"
            case .good: "OK  "
            case .warning: "WARN"
            case .bad: "BAD "
            }
        return "\(time.description.prefix(19))Z \(word) \(SafeText.line(text))"
    }
}
