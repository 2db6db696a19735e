import ArgumentParser
import AsyncHTTPClient
import DaemonCore
import FleetClient
import FleetConfig
import FleetModel
import FleetSimulator
import Logging
import ServiceLifecycle
import TerminalText
import UnixSignals

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows a central on this host a fleet that is not there, to try things on.",
        discussion: """
            Each simulated client has a loopback address of its own (127.77.0.1 and on), reports as a real one does, and answers start, \
            stop, restart, reload and logs; nothing runs behind it. Ctrl-C ends it: the clients then say goodbye, and \
            'Forget' in the dashboard, or DELETE /api/fleet/clients/NAME, removes them.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @Option(help: "How many clients, \(Count.words(1...SimulationPlan.mostClients)).")
    var clients = 100
    @Option(help: "Workloads of each client, \(Count.words(0...SimulationPlan.mostWorkloads)).")
    var workloads = 5
    @Option(help: "Seconds between the heartbeats of a client.")
    var interval = 30.0
    @Option(help: "Share of the clients that are silent, slow or restarting now and then, as 5%.")
    var flaky = Share(value: 0)
    @Option(help: "Workloads that crash, in the whole fleet, per second.")
    var crashes = 0.2
    @Option(help: "Lines that each workload logs, per second.")
    var logLines = 1.0
    @Option(help: "The same seed gives the same fleet.")
    var seed: UInt64 = 1
    @Option(name: .customLong("for"), help: ArgumentHelp("Ends after this many seconds.", valueName: "seconds"))
    var duration: Double?

    func validate() throws {
        try check(clients, in: 1...SimulationPlan.mostClients, "--clients")
        try check(workloads, in: 0...SimulationPlan.mostWorkloads, "--workloads")
        try check(interval, in: 1...3600, "--interval")
        try check(crashes, in: 0...10_000, "--crashes")
        try check(logLines, in: 0...10_000, "--log-lines")
        if let duration { try check(duration, in: 1...86_400, "--for") }
    }

    private func check<Value: Comparable>(_ value: Value, in range: ClosedRange<Value>, _ option: String) throws {
        guard range.contains(value) else {
            throw ValidationError("\(option) must be from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    func run() async throws {
        FileLimit.raise()
        // A port and a connection each, and some to spare.
        let needed = 2 * clients + 128
        guard FileLimit.present >= needed else {
            throw CommandFailure(
                "\(clients) clients need \(needed) open files, and this process may have \(FileLimit.present): raise "
                    + "that with 'ulimit -n \(needed)', or simulate fewer")
        }
        var plan = SimulationPlan(clients: clients)
        plan.workloads = workloads
        plan.interval = interval
        plan.flaky = flaky.value
        plan.crashes = crashes
        plan.logLines = logLines
        plan.seed = seed
        let access = try central.access(common.resolved())
        guard Self.isOnThisHost(access.url) else {
            throw CommandFailure(
                """
                the simulated clients live at loopback addresses, so only a central on this host can reach them: \
                '\(access.url)' is not at 127.0.0.1, [::1] or localhost
                """)
        }
        try await withHTTP { [plan] http in
            // Better said at once than by a thousand failing heartbeats.
            _ = try await central.client(common.resolved(), http: http).clients()
            let simulation = Simulation(
                plan: plan, url: access.url, token: access.token, http: http,
                logger: Logger(label: "simulate", factory: { _ in SwiftLogNoOpLogHandler() }))
            Output.lines([
                "\(plan.clients) clients from \(plan.name(of: 0)) at \(plan.address(of: 0)) on, \(plan.workloads) workloads "
                    + "each; Ctrl-C ends it"
            ])
            try await serve(simulation)
        }
    }

    private func serve(_ simulation: Simulation) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: simulation),
                    .init(
                        service: SimulationReport(simulation: simulation, duration: duration),
                        successTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "simulate", factory: { _ in SwiftLogNoOpLogHandler() })))
        try await group.run()
    }

    /// True for a URL whose host is this one, by name or by number.
    static func isOnThisHost(_ url: String) -> Bool {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "http:", parts[1].isEmpty else { return false }
        let authority = parts[2]
        if authority.hasPrefix("[::1]") { return true }
        let host = authority.prefix { $0 != ":" }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || (numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil))
    }
}

/// A share of a whole, as `5%` or `0.05`.
struct Share: ExpressibleByArgument, CustomStringConvertible {
    /// 0 to 1.
    var value: Double

    init(value: Double) { self.value = value }

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else { return nil }
        value = isPercent ? number / 100 : number
        guard (0...1).contains(value) else { return nil }
    }

    var description: String { "\((value * 1000).rounded() / 10)%" }
}

/// Says how the simulation does: once a second on a terminal, once a minute elsewhere; ends it when its time is over.
struct SimulationReport: Service {
    let simulation: Simulation
    let duration: Double?

    func run() async throws {
        let isTerminal = TerminalScreen.current().width != nil
        let begin = ContinuousClock.now
        try? await cancelWhenGracefulShutdown {
            var last = simulation.tally.counts
            var second = 0
            while duration.map({ begin.duration(to: .now) < .seconds($0) }) ?? true {
                try await Task.sleep(for: .seconds(1))
                second += 1
                guard isTerminal || second % 60 == 0 else { continue }
                let counts = simulation.tally.counts
                let line = Self.line(counts, before: last, of: simulation.plan)
                Output.write(isTerminal ? "\r\u{1b}[K\(line)" : line + "\n")
                last = counts
            }
        }
        let counts = simulation.tally.counts
        Output.lines([
            (isTerminal ? "\n" : "")
                + "\(counts.heartbeats) heartbeats arrived, \(counts.failures) did not; \(counts.crashes) workloads crashed"
        ])
    }

    static func line(
        _ counts: SimulationTally.Counts, before: SimulationTally.Counts, of plan: SimulationPlan
    ) -> String {
        let failures = counts.failures - before.failures
        let trouble = failures > 0 ? "; \(failures) failed: \(counts.lastFailure ?? "")" : ""
        return "\(counts.reporting) of \(plan.clients) clients report; \(counts.heartbeats) heartbeats, "
            + "\(counts.crashes) crashes\(SafeText.line(String(trouble.prefix(120)), keepingLines: false))"
    }
}
