import FleetModel

/// What is to be simulated: who lives where, and how they behave. The same seed gives the same fleet.
package struct SimulationPlan: Hashable, Sendable {
    /// More do not fit into the descriptors and the ports of one process.
    package static let mostClients = 20_000
    package static let mostWorkloads = 200

    package var clients: Int
    /// Of each client.
    package var workloads = 5
    /// Seconds between the heartbeats of a client.
    package var interval = 30.0
    /// Share of the clients that misbehave, 0 to 1.
    package var flaky = 0.0
    /// Crashes of workloads in the whole fleet, per second.
    package var crashes = 0.2
    /// Lines that each workload logs, per second.
    package var logLines = 1.0
    package var seed: UInt64 = 1

    package init(clients: Int) { self.clients = clients }

    private static let kinds = ["kiosk", "sensor-node", "shopfloor", "gate", "scale"]
    private static let programs = ["uplink", "collector", "camera", "mqtt", "backup"]
    private static let versions = ["1.8.2", "1.8.2", "1.8.2", "1.8.2", "1.8.2", "1.8.2", "1.8.2", "1.7.9"]

    /// `kiosk-00001`, …: kinds take turns, numbers do not repeat.
    package func name(of client: Int) -> String {
        let digits = String(client + 1)
        let width = max(3, String(clients).count)
        return Self.kinds[client % Self.kinds.count] + "-" + String(repeating: "0", count: max(0, width - digits.count))
            + digits
    }

    /// Each has an address of its own on loopback, apart from those that people use by hand.
    package func address(of client: Int) -> String { "127.77.\(client / 250).\(client % 250 + 1)" }

    package func version(of client: Int) -> String { Self.versions[client % Self.versions.count] }

    package func workloads(of client: Int) -> [Workload] {
        (0..<workloads).map { index in
            let program = Self.programs[index % Self.programs.count]
            let round = index / Self.programs.count
            let isScheduled = program == "backup"
            var workload = Workload(
                name: round == 0 ? program : "\(program)-\(round + 1)", type: isScheduled ? .script : .agent,
                runMode: isScheduled ? .schedule : .forever, status: isScheduled ? .scheduled : .registered)
            workload.version = version(of: client)
            workload.memoryLimitMB = [64, 128, 256][index % 3]
            return workload
        }
    }

    /// Flaky clients are spread evenly over the fleet, and over the ways to misbehave.
    package func misbehaviour(of client: Int) -> Misbehaviour? {
        let before = Int(clamping: Double(client) * flaky)
        guard Int(clamping: Double(client + 1) * flaky) > before else { return nil }
        return Misbehaviour.allCases[before % Misbehaviour.allCases.count]
    }

    /// Seconds after the start until a client comes up: as a fleet does, not all within one moment.
    package func comesUp(_ client: Int) -> Double {
        let spread = min(interval, Double(clients) / 500)
        return spread * Double(client) / Double(max(1, clients))
    }
}

/// What a flaky client does now and then.
package enum Misbehaviour: String, Sendable, CaseIterable {
    /// Is there, and says nothing: no heartbeat leaves it, and no call is answered.
    case silent
    /// Does everything seconds late.
    case slow
    /// Goes down and comes back, on another port.
    case restarting
}
