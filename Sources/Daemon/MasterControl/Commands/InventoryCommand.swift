import ArgumentParser
import DaemonCore
import FleetConfig
import FleetModel
import FoundationEssentials
import TerminalText

struct InventoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "Prints the inventory with its defaults applied, for scripts.",
        discussion: """
            Tab-separated: name, host, api_port, ssh_user, ssh_port, ssh_key, install_dir, tags, workloads; '-' where \
            there is nothing, commas within lists. Tokens are never printed.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: JSONOption
    @Option(
        help: ArgumentHelp("The inventory; without it, the one that daemon.yaml names.", valueName: "file"),
        completion: .file())
    var inventory: String?
    @Argument(help: "One client; without one, all.")
    var name: String?

    func run() throws {
        let reader = ConfigurationReader(environment: ProcessInfo.processInfo.environment)
        let options = common.resolved()
        let settings = reader.daemonSettings(configDir: options.configDir)
        let path = inventory ?? settings.settings.central.inventoryPath
        let reading = reader.inventory(at: path)
        guard reading.found else {
            throw CommandFailure("there is no inventory at '\(path)'; name it with --inventory")
        }
        guard reading.issues.isEmpty else {
            throw CommandFailure(
                (["the inventory has mistakes:"] + reading.issues.map(\.description)).joined(separator: "\n"))
        }
        var clients = reading.inventory.clients
        if let name {
            guard let client = reading.inventory[name] else {
                throw CommandFailure(
                    "there is no client '\(name)' in '\(path)'"
                        + WorkloadNames.hint(for: name, among: clients.map(\.name)))
            }
            clients = [client]
        }
        if output.json {
            let entries = clients.map(Entry.init)
            if name != nil { try entries.first.map(Output.json) } else { try Output.json(entries) }
        } else {
            Output.lines(clients.map(Self.line))
        }
    }

    private static func line(_ client: InventoryClient) -> String {
        client.fields.map { SafeText.line($0) }.joined(separator: "\t")
    }

    private struct Entry: Encodable {
        var client: InventoryClient

        enum CodingKeys: String, CodingKey {
            case name, host, tags, workloads, env
            case apiPort = "api_port"
            case sshUser = "ssh_user"
            case sshPort = "ssh_port"
            case sshKey = "ssh_key"
            case installDir = "install_dir"
        }

        init(_ client: InventoryClient) { self.client = client }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(client.name, forKey: .name)
            try container.encode(client.host, forKey: .host)
            try container.encode(client.apiPort, forKey: .apiPort)
            try container.encode(client.sshUser, forKey: .sshUser)
            try container.encode(client.sshPort, forKey: .sshPort)
            try container.encode(client.sshKey, forKey: .sshKey)
            try container.encode(client.installDir, forKey: .installDir)
            try container.encode(client.tags, forKey: .tags)
            try container.encode(client.workloads, forKey: .workloads)
            let env = client.env.map { ($0, Secret.isTelling($0) ? Secret.placeholder : $1) }
            try container.encode(Dictionary(env, uniquingKeysWith: { first, _ in first }), forKey: .env)
        }
    }
}
