import FleetClient
import FleetModel
import Logging

/// What others see of the workloads.
extension Supervisor {
    /// Looks at /proc are joined within this time, seconds.
    static let freshUsage = 1.0
    static let memoryWarning = 0.9

    /// By name.
    ///
    /// - Parameter isMeasured: whether memory and processor time are looked at; otherwise they are those of the last
    ///   look, and the answer takes no walk over /proc.
    package func list(isMeasured: Bool = true) -> [Workload] {
        if isMeasured { sampleUsage() }
        let now = surroundings.time.now()
        return entries.values.map { describe($0, at: now) }.sorted { $0.name < $1.name }
    }

    /// How each workload is, and nothing that costs more to say.
    func statuses() -> [WorkloadStatus] { entries.values.map(\.machine.status) }

    package func status(_ name: String) throws -> WorkloadDetail {
        sampleUsage()
        let entry = try entry(name)
        return WorkloadDetail(describe(entry, at: surroundings.time.now()), spec: entry.machine.spec)
    }

    package func spec(_ name: String) throws -> WorkloadSpec { try entry(name).machine.spec }

    private func describe(_ entry: Entry, at now: Moment) -> Workload {
        let machine = entry.machine
        let spec = machine.spec
        let record = machine.record
        var workload = Workload(
            name: spec.name, type: spec.type, runMode: spec.runMode, status: machine.status,
            runCount: record.runCount)
        workload.pid = machine.pid
        workload.lastStarted = record.lastStarted
        workload.lastStopped = record.lastStopped
        workload.lastError = record.lastError
        if let trouble = entry.run?.logTrouble, machine.pid != nil { workload.lastError = trouble }
        if entry.isHeld, let missing = unmet(spec).first { workload.lastError = "waits for '\(missing)'" }
        if let unread = entry.unread { workload.lastError = unread }
        workload.lastExitCode = record.lastExitCode
        workload.lastSignal = record.lastSignal
        workload.restarts = record.restarts
        workload.nextRun = record.nextRun
        workload.version = spec.version
        workload.release = spec.releaseRoot?.split(separator: "/").last.map(String.init)
        if spec.ready != nil, machine.status == .running {
            workload.ready = entry.run?.isReady == true
        }
        workload.memoryLimitMB = spec.memoryLimitMB
        workload.cpuNice = spec.cpuNice
        workload.rssMB = entry.run?.usage.map { tenths($0.rssMB) }
        workload.cpuPercent = entry.run?.usage?.cpuPercent.map(tenths)
        if machine.pid != nil { workload.uptimeSeconds = machine.uptime(at: now).map(tenths) }
        return workload
    }

    func sampleUsage() {
        let now = surroundings.time.now().monotonic
        guard now - sampledAt >= Self.freshUsage else { return }
        sampledAt = now
        let targets = entries.compactMap { name, entry in
            entry.machine.pid.map { ProcessSampler.Target(name: name, leader: $0, keeper: entry.run?.keeper) }
        }
        let usage = sampler.sample(targets, at: now)
        for name in entries.keys {
            entries[name]?.run?.usage = usage[name]
            warnOfMemory(name)
        }
    }

    /// Once in a run.
    private func warnOfMemory(_ name: String) {
        guard let entry = entries[name], let run = entry.run, let usage = run.usage,
            let limit = entry.machine.spec.memoryLimitMB,
            usage.rssMB >= Self.memoryWarning * Double(limit), !run.wasWarnedOfMemory
        else { return }
        entries[name]?.run?.wasWarnedOfMemory = true
        // What is close to its limit is told at once.
        changes.ring()
        logger.warning(
            "a workload is close to its memory limit",
            metadata: [
                "workload": "\(name)", "rss_mb": "\(tenths(usage.rssMB))", "memory_limit_mb": "\(limit)",
            ])
    }

    /// True where somebody must look at the memory even if nobody asks.
    var watchesMemory: Bool {
        entries.values.contains { $0.machine.pid != nil && $0.machine.spec.memoryLimitMB != nil }
    }
}
