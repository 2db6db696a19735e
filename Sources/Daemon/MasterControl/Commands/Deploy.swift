import ArgumentParser
import FleetClient
import FleetModel

struct Deploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings a release to clients in batches, and undoes it where it does not live.",
        discussion: """
            The release is a folder of that name on the control host. What was begun goes on without this command; \
            '--watch' only looks on, and ends with status 1 where the deployment did not complete.
            """)

    private static let standard = DeploymentRequest(version: "")

    /// The central has the defaults; the help says them.
    private static func help(_ text: String, _ standard: some CustomStringConvertible, _ value: String) -> ArgumentHelp
    {
        ArgumentHelp("\(text) Default: \(standard).", valueName: value)
    }

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @OptionGroup var output: JSONOption
    @Option(
        help: ArgumentHelp(
            "The clients, separated by commas; may be repeated. Without it, all that are online.", valueName: "names"))
    var clients: [String] = []
    @Option(help: Self.help("Clients at a time.", Self.standard.batchSize, "n"))
    var batchSize: Int?
    @Option(help: Self.help("Clients of a first batch of their own.", Self.standard.canary, "n"))
    var canary: Int?
    @Option(help: Self.help("Clients that may fail before all of it is undone.", Self.standard.maxFailures, "n"))
    var maxFailures: Int?
    @Option(
        help: Self.help(
            "Seconds from the reload within which a client has to become healthy.", Self.standard.healthCheckTimeout,
            "seconds")
    )
    var healthCheckTimeout: Double?
    @Option(
        help: Self.help(
            "Seconds that a client has to be healthy on end; less than the above.", Self.standard.minHealthySeconds,
            "seconds")
    )
    var minHealthySeconds: Double?
    @Flag(inversion: .prefixedNo, help: "Roll back what fails.")
    var autoRollback = true
    @Flag(help: "Leave out clients that do not answer.")
    var skipUnreachable = false
    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false
    @Flag(name: .shortAndLong, help: "Show the progress until it has ended.")
    var watch = false
    @Argument(help: "The release.", completion: CentralCompletion.releases)
    var version: String

    func validate() throws {
        guard Identifier.isVersion(version) else {
            throw ValidationError("'\(version)' is no name of a release: \(Identifier.nameRule), or '+'")
        }
        if watch, output.json { throw ValidationError("--watch shows the progress; it does not go with --json") }
        if watch, dryRun { throw ValidationError("there is nothing to watch in a dry run") }
    }

    var request: DeploymentRequest {
        var request = DeploymentRequest(version: version)
        let names = clients.flatMap { $0.split(separator: ",").map(String.init) }
        if !names.isEmpty { request.targetClients = names }
        request.batchSize = batchSize ?? request.batchSize
        request.canary = canary ?? request.canary
        request.maxFailures = maxFailures ?? request.maxFailures
        request.healthCheckTimeout = healthCheckTimeout ?? request.healthCheckTimeout
        request.minHealthySeconds = minHealthySeconds ?? request.minHealthySeconds
        request.autoRollback = autoRollback
        request.skipUnreachable = skipUnreachable
        request.dryRun = dryRun
        return request
    }

    func run() async throws {
        try await withHTTP { http in
            let client = try central.client(common.resolved(), http: http)
            let status = try await client.deploy(request)
            if output.json {
                try Output.json(status)
            } else if dryRun {
                Output.lines(DeploymentTable.lines(of: status))
            } else if watch {
                Output.lines(["deployment \(status.id ?? "-") of \(status.release) has begun"])
                try await DeploymentWatch(client: client, id: status.id ?? "").run()
            } else {
                Output.lines([
                    "Deployment \(status.id ?? "-") has begun: \(status.release) for "
                        + "\(status.targetClients.count) clients.",
                    "Look at it with: master-control deployment \(status.id ?? "-") --watch",
                ])
            }
            if status.refusals?.isEmpty == false { throw CommandFailure.silent }
        }
    }
}
