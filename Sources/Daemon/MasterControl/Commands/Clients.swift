import ArgumentParser
import FleetClient
import FleetModel
import TerminalText

struct Clients: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the clients that a central knows.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let (clients, notices) = try await withHTTP { http in
            let central = try central.client(common.resolved(), http: http)
            let clients = try await central.clients()
            // A token that may do less, or an older central, is no reason to show less.
            return (clients, output.json ? [] : (try? await central.access())?.notices ?? [])
        }
        if output.json {
            try Output.json(clients)
        } else if clients.isEmpty {
            Output.lines(["No client has reported yet. Set fleet.central_api_url in a client's daemon.yaml."])
        } else {
            Output.lines(Self.table(clients).lines(on: .current()))
        }
        if !output.json {
            for warning in clients.compactMap(\.cloneWarning) + notices {
                writeError("warning: \(SafeText.line(warning))\n")
            }
        }
    }

    static func table(_ clients: [ClientOverview]) -> Table {
        var table = Table([
            Table.Column(title: "NAME", narrowest: 20), Table.Column(title: "STATUS"),
            Table.Column(title: "ADDRESS", narrowest: 14, importance: 3),
            Table.Column(title: "SEEN", isRight: true, importance: 7),
            Table.Column(title: "WORKLOADS", isRight: true, importance: 4),
            Table.Column(title: "RUNNING", isRight: true, importance: 5),
            Table.Column(title: "TROUBLE", isRight: true, importance: 8),
            Table.Column(title: "CPU", isRight: true, importance: 1),
            Table.Column(title: "MEMORY", isRight: true, importance: 2),
            Table.Column(title: "VERSION", narrowest: 8, importance: 6),
        ])
        table.rows = clients.map { client in
            let address = client.host.map { host in client.apiPort.map { "\(host):\($0)" } ?? host }
            let memory = client.system.map { "\(Int(clamping: $0.memoryUsedMB))/\(Int(clamping: $0.memoryTotalMB)) MB" }
            return [
                Table.Cell(client.name), Table.Cell(client.status.rawValue, DisplayFormat.colour(of: client.status)),
                Table.Cell(address ?? "-"),
                Table.Cell(client.lastSeen.map { DisplayFormat.distance(from: Output.now, to: $0) } ?? "-"),
                Table.Cell("\(client.workloadCount)"), Table.Cell("\(client.workloadsRunning)"),
                Table.Cell("\(client.workloadsFailed)", client.workloadsFailed > 0 ? .trouble : nil),
                Table.Cell(client.system.map { "\($0.cpuPercent)%" } ?? "-"), Table.Cell(memory ?? "-"),
                Table.Cell(client.deployedVersion ?? "-"),
            ]
        }
        return table
    }
}
