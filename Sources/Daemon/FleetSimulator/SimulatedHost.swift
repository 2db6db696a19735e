import DaemonCore
import FleetClient
import FleetHTTP
import FleetModel
import Synchronization

/// A client host that is only a value behind a lock, and what its daemon would answer.
final class SimulatedHost: Sendable {
    private struct State {
        var workloads: [SimulatedWorkload]
        var nextPID: Int32
        var port = 0
        /// Boots of this life of the simulation; in the next one the hosts have new ones.
        var boot = 1
        var mood: Misbehaviour?
        var random: SeededRandom
    }

    let index: Int
    let name: String
    let address: String
    let version: String
    private let time: any TimeSource
    private let bootedAt: Double
    private let begun: Int64
    private let state: Mutex<State>
    /// Something happened that the central is to know at once.
    let changes = Signal()

    init(index: Int, plan: SimulationPlan, time: any TimeSource) {
        self.index = index
        name = plan.name(of: index)
        address = plan.address(of: index)
        version = plan.version(of: index)
        self.time = time
        bootedAt = time.now().monotonic - Double(((index + 1) * 7919 * 131) % 3_000_000)
        begun = time.now().wall.milliseconds
        let now = time.now()
        var workloads = plan.workloads(of: index).map { SimulatedWorkload($0, logLines: plan.logLines) }
        var pid = Int32(400 + index % 97)
        for position in workloads.indices where workloads[position].shown.runMode == .forever {
            pid += Int32(7 + position)
            workloads[position].start(pid: pid, at: now)
        }
        state = Mutex(
            State(
                workloads: workloads, nextPID: pid + 1,
                random: SeededRandom(seed: plan.seed &+ UInt64(index) &* 0x9e37_79b9)))
    }

    /// Monotonic seconds.
    var now: Double { time.now().monotonic }
    var mood: Misbehaviour? { state.withLock { $0.mood } }
    func set(_ mood: Misbehaviour?) { state.withLock { $0.mood = mood } }
    func bound(to port: Int) { state.withLock { $0.port = port } }

    /// Uniform in 0..<1.
    func chance() -> Double { state.withLock { Double.random(in: 0..<1, using: &$0.random) } }

    /// Restarted hosts have another boot, and all their workloads are started anew.
    func reboot() {
        let now = time.now()
        state.withLock { state in
            state.boot += 1
            for position in state.workloads.indices where state.workloads[position].isRunning {
                state.workloads[position].start(pid: state.nextPID, at: now)
                state.nextPID += 1
            }
        }
    }

    func workloads() -> [Workload] {
        let now = time.now()
        return state.withLock { $0.workloads.map { $0.looked(at: now) } }
    }

    func log(of name: String) throws -> SimulatedLog { try look(at: name) { $0.log } }
    func workload(_ name: String) throws -> Workload {
        let now = time.now()
        return try look(at: name) { $0.looked(at: now) }
    }

    func start(_ name: String) throws -> ActionResult {
        let now = time.now()
        let done = try change(name) { workload, pid in
            guard !workload.isRunning else { return false }
            workload.start(pid: pid, at: now)
            return true
        }
        return done
            ? ActionResult(success: true, message: "Started workload '\(name)'")
            : ActionResult(success: false, message: "Workload '\(name)' is already running")
    }

    func stop(_ name: String) throws -> ActionResult {
        let now = time.now()
        let done = try change(name) { workload, _ in
            guard workload.isRunning || workload.shown.status == .backoff || workload.shown.status == .scheduled
            else { return false }
            workload.stop(at: now)
            return true
        }
        return done
            ? ActionResult(success: true, message: "Stopped workload '\(name)'")
            : ActionResult(success: false, message: "Workload '\(name)' is not running")
    }

    func restart(_ name: String) throws -> ActionResult {
        let now = time.now()
        _ = try change(name) { workload, pid in
            if workload.isRunning { workload.stop(at: now) }
            workload.start(pid: pid, at: now)
            return true
        }
        return ActionResult(success: true, message: "Restarted workload '\(name)'")
    }

    /// - Returns: what crashed, for `recover`; nil where nothing runs.
    func crash(chance: Double) -> (name: String, generation: Int)? {
        let now = time.now()
        let crashed = state.withLock { state -> (name: String, generation: Int)? in
            let running = state.workloads.indices.filter { state.workloads[$0].isRunning }
            guard !running.isEmpty else { return nil }
            let position = running[Int(clamping: chance * Double(running.count)) % running.count]
            state.workloads[position].crash(at: now)
            return (state.workloads[position].shown.name, state.workloads[position].generation)
        }
        if crashed != nil { changes.ring() }
        return crashed
    }

    func recover(_ crashed: (name: String, generation: Int)) {
        let now = time.now()
        _ = try? change(crashed.name) { $0.restart(ofGeneration: crashed.generation, pid: $1, at: now) }
    }

    func heartbeat(sequence: Int64) -> Heartbeat {
        let now = time.now()
        var heartbeat = Heartbeat(clientName: name, timestamp: now.wall, workloads: workloads())
        let (port, boot) = state.withLock { ($0.port, $0.boot) }
        let wave = Double((Int(clamping: now.monotonic / 30) &+ index * 31) % 23)
        heartbeat.deployedVersion = version
        heartbeat.system = SystemMetrics(
            cpuPercent: 4 + wave * 2.5, memoryUsedMB: 310 + wave * 22, memoryTotalMB: 1024,
            diskUsedGB: 7.5 + Double(index % 19), diskTotalGB: 29.1)
        heartbeat.apiPort = port
        heartbeat.bootID = "simulated-\(begun)-\(boot)"
        heartbeat.sequence = sequence
        heartbeat.programVersion = ProgramVersion.current
        heartbeat.host = HostInfo(
            hostname: name, os: "Debian GNU/Linux 12 (bookworm)", architecture: index % 3 == 0 ? "x86_64" : "aarch64",
            uptimeSeconds: ((now.monotonic - bootedAt) * 100).rounded() / 100,
            load: [wave * 5, wave * 4, wave * 3].map { $0 / 100 })
        return heartbeat
    }

    private func look<Value>(at name: String, _ body: (SimulatedWorkload) -> Value) throws -> Value {
        try state.withLock { state in
            guard let workload = state.workloads.first(where: { $0.shown.name == name })
            else { throw UnknownWorkload(name: name) }
            return body(workload)
        }
    }

    /// - Parameter body: true where it changed something.
    private func change(_ name: String, _ body: (inout SimulatedWorkload, Int32) -> Bool) throws -> Bool {
        let isChanged = try state.withLock { state in
            guard let position = state.workloads.firstIndex(where: { $0.shown.name == name })
            else { throw UnknownWorkload(name: name) }
            state.nextPID += 1
            return body(&state.workloads[position], state.nextPID)
        }
        if isChanged { changes.ring() }
        return isChanged
    }
}
