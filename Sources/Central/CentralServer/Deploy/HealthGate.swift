import FleetModel

/// Whether a client is well with a release: healthy for long enough without a break, before its time is over.
///
/// Pure: the time is passed in, in seconds of a clock that does not jump. What a report of the client says makes it
/// look again or begin anew; the verdict is always made of a look of our own, so that a report which was under way
/// while the release changed deceives nobody.
package struct HealthGate: Sendable {
    /// What is known of the client at a moment.
    package enum Observation: Sendable {
        /// Its answers to health and list.
        case answer(deployedVersion: String?, [Workload])
        case report(deployedVersion: String?, [Workload])
        /// It does not answer, and why.
        case silence(String)
    }

    package enum Verdict: Equatable, Sendable {
        case healthy
        case failed(String)
        /// Look at this time, or earlier where a report comes.
        case look(at: Double)
    }

    /// Between two looks at a client that is not healthy, where no report comes.
    package static let pauses = Backoff(1...8)
    /// Between two looks, however many reports come.
    package static let shortestPauses = Backoff(0.1...1.6)

    package let version: String
    package let minHealthy: Double
    package let deadline: Double
    /// Workloads of the release by the control host's copy, for clients that do not say where a workload comes from.
    package let names: Set<String>
    private var healthySince: Double?
    private var restarts: [String: Int] = [:]
    private var problem = "it was not looked at yet"
    /// In all, and those in a row that found trouble.
    private var looks = 0
    private var troubles = 0

    package init(version: String, minHealthy: Double, deadline: Double, names: Set<String> = []) {
        self.version = version
        self.minHealthy = minHealthy
        self.deadline = deadline
        self.names = names
    }

    /// Seconds from the last look to the next, whatever is reported in between: longer with each look, so that a client
    /// that goes up and down all the time is no load.
    package var shortestPause: Double { Self.shortestPauses.pause(afterFailures: looks) }

    package mutating func observe(_ observation: Observation, at now: Double) -> Verdict {
        switch observation {
        case .silence(let reason):
            looks += 1
            return trouble("it does not answer: \(reason)", at: now)
        case .report(let deployed, let workloads):
            // A report only says when to look; the verdict is made of what the client itself answers.
            if problem(deployed, workloads) != nil || hasRestarted(workloads) { healthySince = nil }
            if let healthySince { return .look(at: healthySince + minHealthy) }
            return .look(at: now)
        case .answer(let deployed, let workloads):
            looks += 1
            if let dead = ofRelease(workloads).first(where: { $0.status == .failed }), deployed == version {
                return .failed(Self.words(dead))
            }
            if let problem = problem(deployed, workloads) { return trouble(problem, at: now) }
            if hasRestarted(workloads) { healthySince = nil }
            troubles = 0
            note(workloads)
            let since = healthySince ?? now
            healthySince = since
            if now - since >= minHealthy { return .healthy }
            guard since + minHealthy <= deadline else {
                return .failed("it was not healthy for \(Self.seconds(minHealthy)) on end in time; before, \(problem)")
            }
            return .look(at: since + minHealthy)
        }
    }

    private mutating func trouble(_ reason: String, at now: Double) -> Verdict {
        healthySince = nil
        problem = reason
        troubles += 1
        guard now + minHealthy < deadline else { return .failed("it did not become healthy in time: \(reason)") }
        return .look(at: min(now + Self.pauses.pause(afterFailures: troubles), deadline - minHealthy))
    }

    private func problem(_ deployed: String?, _ workloads: [Workload]) -> String? {
        guard deployed == version else {
            return "it has release \(deployed ?? "none") in use, not \(version)"
        }
        return ofRelease(workloads).first(where: Self.isTrouble).map(Self.words)
    }

    /// Where a workload is meant to run again and again, its next start is no trouble as long as its last run ended well.
    private static func isTrouble(_ workload: Workload) -> Bool {
        switch workload.status {
        case .starting, .stopping: workload.runMode == .forever || workload.lastExitCode != 0
        default: workload.status.isTrouble || workload.ready == false
        }
    }

    private func ofRelease(_ workloads: [Workload]) -> [Workload] {
        workloads.filter { $0.release == version || ($0.release == nil && names.contains($0.name)) }
    }

    /// A start that nobody asked for, between two looks: it crashed and was started again.
    private func hasRestarted(_ workloads: [Workload]) -> Bool {
        ofRelease(workloads).contains { workload in
            guard workload.runMode == .forever, let now = workload.restarts, let before = restarts[workload.name] else {
                return false
            }
            return now > before
        }
    }

    private mutating func note(_ workloads: [Workload]) {
        for workload in ofRelease(workloads) { restarts[workload.name] = workload.restarts }
    }

    private static func words(_ workload: Workload) -> String {
        let state =
            switch workload.status {
            case .backoff: "in backoff"
            case .running where workload.ready == false: "not ready"
            default: workload.status.rawValue
            }
        let error = workload.lastError.map { " (\($0.cut(toBytes: 200)))" } ?? ""
        return "its workload '\(workload.name)' is \(state)\(error)"
    }

    private static func seconds(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(clamping: value)) s" : "\(value) s"
    }
}
