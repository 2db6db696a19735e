import ArgumentParser
import DaemonCore
import FleetConfig
import FleetModel
import FoundationEssentials
import TerminalText

struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks all configuration files and prints every mistake; needs no daemon.",
        discussion: """
            It reads daemon.yaml, the inventory, and the workloads of the host and of the release in use; a mistake is \
            printed as file:line:column: message.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption

    private struct Verdict: Encodable {
        var valid: Bool
        var errors: [ConfigIssue]
    }

    func run() throws {
        let options = common.resolved()
        let reader = ConfigurationReader(environment: ProcessInfo.processInfo.environment)
        let settings = reader.daemonSettings(configDir: options.configDir)
        let installation = Installation(
            configDir: options.configDir, installDir: settings.settings.fleet.installDir)
        let workloads = reader.workloads(in: installation.workloadDirectories)
        var issues = settings.issues + workloads.issues
        var files = settings.found ? ["daemon.yaml"] : []
        // The central reads it where daemon.yaml says; the deploy script reads it beside the configuration.
        let named = settings.settings.central.inventoryPath
        let beside = "\(options.configDir)/inventory.yaml"
        for path in named == beside ? [named] : [named, beside] {
            let inventory = reader.inventory(at: path)
            if inventory.found { files.append(path) }
            issues += inventory.issues
        }
        // What is wrong in vars.yaml is found with each file that uses it.
        var seen = Set<ConfigIssue>()
        issues = issues.filter { seen.insert($0).inserted }
        if output.json {
            try Output.json(Verdict(valid: issues.isEmpty, errors: issues))
        } else if issues.isEmpty {
            let summary = Self.summary(
                workloads: workloads.specs.count, files: workloads.fileCount, others: files)
            Output.lines([SafeText.line(summary)])
        } else {
            Output.lines(issues.map { SafeText.line($0.description) })
            complain(issues.count == 1 ? "1 error" : "\(issues.count) errors")
        }
        if !issues.isEmpty { throw CommandFailure.silent }
    }

    /// `12 workloads in 9 files, daemon.yaml and ./inventory.yaml are valid`
    static func summary(workloads: Int, files: Int, others: [String]) -> String {
        let counted =
            "\(workloads) workload\(workloads == 1 ? "" : "s") in \(files) file\(files == 1 ? "" : "s")"
        guard let last = others.last else { return "\(counted) \(workloads == 1 ? "is" : "are") valid" }
        return ([counted] + others.dropLast()).joined(separator: ", ") + " and \(last) are valid"
    }
}
