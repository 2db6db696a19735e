import DaemonCore
import FleetModel

/// A workload that is only a value: what a real one shows to the outside, without a process.
struct SimulatedWorkload: Hashable, Sendable {
    private(set) var shown: Workload
    private(set) var log: SimulatedLog
    /// Of the crash that made it wait: a restart that was planned then counts only if nothing happened since.
    private(set) var generation = 0
    private var startedAt: Double?

    init(_ workload: Workload, logLines: Double) {
        shown = workload
        log = SimulatedLog(rate: logLines)
    }

    var isRunning: Bool { shown.status == .running }

    /// - Parameter pid: any; no signal is ever sent to it.
    mutating func start(pid: Int32, at now: Moment) {
        generation += 1
        shown.status = .running
        shown.pid = pid
        shown.runCount += 1
        shown.lastStarted = now.wall
        shown.nextRun = nil
        startedAt = now.monotonic
        log.note("info  started, version \(shown.version ?? "-")", at: now.monotonic)
        log.resume(at: now.monotonic)
    }

    mutating func stop(at now: Moment) {
        end(.stopped, at: now)
        shown.lastExitCode = nil
        shown.lastSignal = "TERM"
        shown.lastError = nil
        log.note("info  terminated by the operator", at: now.monotonic)
    }

    mutating func crash(at now: Moment) {
        log.note("error RuntimeError: the device did not answer", at: now.monotonic)
        end(.backoff, at: now)
        shown.lastExitCode = 1
        shown.lastSignal = nil
        shown.lastError = "RuntimeError: the device did not answer"
        shown.restarts = (shown.restarts ?? 0) + 1
    }

    /// After a crash, unless an operator was faster.
    mutating func restart(ofGeneration crashed: Int, pid: Int32, at now: Moment) -> Bool {
        guard shown.status == .backoff, generation == crashed else { return false }
        start(pid: pid, at: now)
        return true
    }

    /// As it is reported now; the figures wander a little, as real ones do.
    func looked(at now: Moment) -> Workload {
        var workload = shown
        guard let startedAt, isRunning else { return workload }
        let uptime = now.monotonic - startedAt
        let wave = Double((Int(clamping: uptime / 30) &+ Int(shown.pid ?? 0)) % 17)
        workload.uptimeSeconds = (uptime * 10).rounded() / 10
        workload.rssMB = 12 + wave * 1.5
        workload.cpuPercent = (4 + wave * 2) / 10
        return workload
    }

    private mutating func end(_ status: WorkloadStatus, at now: Moment) {
        generation += 1
        log.pause(at: now.monotonic)
        startedAt = nil
        shown.status = status
        shown.pid = nil
        shown.lastStopped = now.wall
    }
}
