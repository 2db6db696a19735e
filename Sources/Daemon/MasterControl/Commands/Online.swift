import ArgumentParser
import FleetClient
import FleetModel
import TerminalText

struct Online: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether the central has heard of this daemon; otherwise status 1 and why.",
        discussion: "It asks the daemon of this host whether its central has taken a report since the daemon began.")

    private static let seconds = 0...3600

    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp("Wait for it, \(Count.words(seconds)) seconds.", valueName: "seconds"))
    var within = 0

    func validate() throws { try Count.check(within, in: Self.seconds, "--within") }

    func run() async throws {
        let deadline = ContinuousClock.now + .seconds(within)
        while let reason = try await reasonAgainst() {
            guard ContinuousClock.now < deadline else { throw CommandFailure(reason) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Nil where it is online, which is said then.
    /// - Throws: where waiting helps nothing.
    private func reasonAgainst() async throws -> String? {
        let reports: ReportStatus
        do {
            reports = try await common.withDaemon { try await $0.reports() }
        } catch let failure as CommandFailure {
            return failure.description
        }
        guard let central = reports.central else {
            throw CommandFailure(
                "this daemon reports to nobody: its daemon.yaml enables no 'fleet', or has no 'fleet.central_api_url'")
        }
        guard reports.arrived > 0 else {
            let error = reports.lastError.map { ": \($0)" } ?? ""
            return SafeText.line(
                "the central at \(central) has taken no report of '\(reports.clientName)' yet\(error)")
        }
        Output.lines([SafeText.line("'\(reports.clientName)' is online at \(central)")])
        return nil
    }
}
