import ArgumentParser
import FleetClient
import FleetModel
import TerminalText

struct Deployments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists deployments, the newest first.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @OptionGroup var output: JSONOption
    @Option(
        name: [.short, .customLong("limit")],
        help: ArgumentHelp("How many, \(Count.words(WireLimits.deployments)).", valueName: "n"))
    var n = 20

    func validate() throws {
        try Count.check(n, in: WireLimits.deployments, "-n")
    }

    func run() async throws {
        let deployments = try await withHTTP { http in
            try await central.client(common.resolved(), http: http).deployments(limit: n)
        }
        if output.json {
            try Output.json(deployments)
        } else if deployments.isEmpty {
            Output.lines(["Nothing was deployed yet. Begin with: master-control deploy VERSION"])
        } else {
            Output.lines(DeploymentTable.table(deployments).lines(on: .current()))
        }
    }
}

/// One deployment, or what the script printed for one of its clients.
struct DeploymentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deployment", abstract: "Shows one deployment and how far its clients are.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @OptionGroup var output: JSONOption
    @Flag(name: .shortAndLong, help: "Show the progress until it has ended.")
    var watch = false
    @Option(help: ArgumentHelp("Show what the deploy script printed for this client.", valueName: "client"))
    var log: String?
    @Argument(help: "Its id.", completion: CentralCompletion.deployments)
    var id: String

    func validate() throws {
        guard Identifier.isName(id) else { throw ValidationError("'\(id)' is no id of a deployment") }
        if let log, !Identifier.isName(log) { throw ValidationError("'\(log)' is no name of a client") }
        if watch, output.json { throw ValidationError("--watch shows the progress; it does not go with --json") }
    }

    func run() async throws {
        try await withHTTP { http in
            let client = try central.client(common.resolved(), http: http)
            if let log {
                let lines = try await client.deploymentOutput(id, client: log)
                if output.json { try Output.json(lines) } else { Output.lines(lines.lines.map { SafeText.line($0) }) }
            } else if watch {
                // One that is not known is told of here.
                _ = try await client.deployment(id)
                try await DeploymentWatch(client: client, id: id).run()
            } else {
                let status = try await client.deployment(id)
                if output.json {
                    try Output.json(status)
                } else {
                    Output.lines(DeploymentTable.lines(of: status))
                }
            }
        }
    }
}

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancels a deployment: what was touched is rolled back, nothing else begins.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "Its id.", completion: CentralCompletion.deployments)
    var id: String

    func validate() throws {
        guard Identifier.isName(id) else { throw ValidationError("'\(id)' is no id of a deployment") }
    }

    func run() async throws {
        let result = try await withHTTP { http in
            try await central.client(common.resolved(), http: http).act(.cancel, onDeployment: id)
        }
        if output.json { try Output.json(result) }
        guard result.success else { throw output.json ? CommandFailure.silent : CommandFailure(result.message) }
        if !output.json { Output.lines([result.message]) }
    }
}
