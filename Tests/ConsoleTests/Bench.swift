import FleetConfig
import FleetModel

@testable import ConsoleCore

/// A console with a small fleet whose time stands still.
struct Bench {
    static let now = Timestamp("2026-01-31T12:04:31Z") ?? Timestamp(milliseconds: 0)

    var model: ConsoleModel
    var effects: [Effect] = []

    init(
        columns: Int = 100, rows: Int = 30, options: ConsoleOptions = Bench.options(), isLive: Bool = true,
        events: [FleetEvent] = [.snapshot(Bench.snapshot)]
    ) {
        model = ConsoleModel(options: options, size: FrameSize(columns: columns, rows: rows), now: Self.now)
        guard isLive else { return }
        send(.link(.live))
        send(.fleet(events))
        send(
            .access(
                AccessInfo(name: "on-call", scopes: [.read, .operate, .deploy], time: Self.now)))
    }

    static func options(isDanger: Bool = false) -> ConsoleOptions {
        var options = ConsoleOptions()
        options.identity = ConsoleIdentity(
            context: isDanger ? "PROD" : "lab", isDanger: isDanger, server: "central:8080")
        options.contexts = ["lab", "PROD"]
        options.isASCII = true
        return options
    }

    mutating func send(_ message: Message) { effects += model.update(message) }

    /// Keys by their names; a text of several letters is typed.
    mutating func press(_ names: String...) {
        for name in names {
            if let key = Key(name: name) {
                send(.key(key))
            } else {
                for character in name { send(.key(.character(character))) }
            }
        }
    }

    mutating func wait(_ seconds: Double) { send(.tick(model.local.advanced(seconds: seconds))) }

    /// What was asked for since the last look.
    mutating func asked() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    var text: String { model.frame().text }
    func row(_ index: Int) -> String { model.frame().text(row: index) }
    var cursor: String? { model.active.cursor }

    /// The one place where workloads are acted on.
    func targets(_ effects: [Effect]) -> [String] {
        effects.flatMap { effect -> [String] in
            if case .perform(_, _, let targets) = effect { targets.map(\.text) } else { [] }
        }
    }

    // MARK: The fleet

    static func workload(
        _ name: String, _ status: WorkloadStatus = .running, pid: Int32? = nil,
        change: (inout Workload) -> Void = { _ in }
    ) -> Workload {
        var workload = Workload(name: name, type: .agent, runMode: .forever, status: status, runCount: 1)
        workload.pid = status == .running ? pid ?? 812 : nil
        workload.lastStarted = now.advanced(seconds: -7200)
        workload.rssMB = status == .running ? 14 : nil
        workload.cpuPercent = status == .running ? 2 : nil
        workload.memoryLimitMB = 64
        change(&workload)
        return workload
    }

    static func client(
        _ name: String, _ status: ClientStatus = .online, seen: Double = 2, cpu: Double = 4, memory: Double = 31,
        disk: Double = 40, failed: Int = 0, workloads: Int = 3
    ) -> ClientOverview {
        var client = ClientOverview(name: name, status: status)
        client.host = "10.0.3.12"
        client.apiPort = 9100
        client.lastSeen = now.advanced(seconds: -seen)
        client.workloadCount = workloads
        client.workloadsRunning = workloads - failed
        client.workloadsFailed = failed
        client.deployedVersion = status == .offline ? "1.7.9" : "1.8.2"
        client.system = SystemMetrics(
            cpuPercent: cpu, memoryUsedMB: memory * 10, memoryTotalMB: 1000, diskUsedGB: disk / 10, diskTotalGB: 10)
        client.hostInfo = HostInfo(
            hostname: name, os: "Raspberry Pi OS", architecture: "arm64", uptimeSeconds: 299_000, load: [2.9, 2.4, 2])
        client.clockSkewSeconds = 0.4
        return client
    }

    static let kitchen = ClientSnapshot(
        overview: client("pi-kitchen-02", .stale, seen: 74, cpu: 71, memory: 88, disk: 91, failed: 1, workloads: 3),
        workloads: [
            workload("camera", .failed) {
                $0.lastExitCode = 137
                $0.runCount = 5
                $0.memoryLimitMB = 256
                $0.lastError = "v4l2: \u{1B}[31mno such device\u{1B}]0;title\u{07}"
            },
            workload("mqtt"),
            workload("backup", .scheduled) {
                $0.runCount = 42
                $0.lastExitCode = 0
                $0.nextRun = Timestamp("2026-02-01T03:00:00Z")
                $0.memoryLimitMB = 128
            },
        ])

    static func snapshot(of names: [String], status: ClientStatus = .online) -> FleetSnapshot {
        FleetSnapshot(
            clients: names.map {
                ClientSnapshot(overview: client($0, status), workloads: [workload("camera"), workload("mqtt")])
            },
            deployments: [])
    }

    static let deployment: DeploymentStatus = {
        var request = DeploymentRequest(version: "1.5.0")
        request.batchSize = 2
        request.maxFailures = 6
        let targets = ["pi-garage-01", "pi-hall-01", "pi-hall-02", "pi-lab-03", "pi-lab-04"]
        var status = DeploymentStatus(
            id: "d-1", request: request, targets: targets, status: .inProgress, createdAt: now.advanced(seconds: -250),
            createdBy: "on-call")
        status.startedAt = now.advanced(seconds: -240)
        let states: [ClientDeploymentState] = [.healthy, .healthy, .failed, .deploying, .pending]
        status.clientStatuses = zip(targets, states).enumerated().map { index, pair in
            var client = ClientDeployment(clientName: pair.0, batchNumber: index / 2, status: pair.1)
            client.previousVersion = "1.4.0"
            if pair.1 != .pending { client.startedAt = now.advanced(seconds: -100) }
            if pair.1 == .failed || pair.1 == .healthy { client.completedAt = now.advanced(seconds: -69) }
            if pair.1 == .failed { client.error = "camera exited 137" }
            return client
        }
        return status
    }()

    static let snapshot: FleetSnapshot = {
        var clients = ["pi-garage-01", "pi-hall-01", "pi-hall-02", "pi-lab-03", "pi-lab-04"].map {
            ClientSnapshot(overview: client($0), workloads: [workload("camera"), workload("mqtt"), workload("数据採集")])
        }
        clients.append(kitchen)
        clients.append(
            ClientSnapshot(
                overview: client("pi-lab-07", .offline, seen: 2460, workloads: 2),
                workloads: [workload("camera"), workload("mqtt")]))
        var completed = DeploymentStatus(
            id: "d-0", request: DeploymentRequest(version: "1.4.0"), targets: ["pi-garage-01"], status: .completed,
            createdAt: now.advanced(seconds: -172_800), createdBy: nil)
        completed.clientStatuses = [ClientDeployment(clientName: "pi-garage-01", batchNumber: 0, status: .healthy)]
        return FleetSnapshot(clients: clients, deployments: [deployment, completed])
    }()
}
