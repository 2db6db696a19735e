import ArgumentParser
import FleetClient
import FleetModel

struct Releases: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the releases of the control host, and where each is in use.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var central: CentralOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let releases = try await withHTTP { http in
            try await central.client(common.resolved(), http: http).releases()
        }
        if output.json {
            try Output.json(ReleaseList(releases: releases))
        } else if releases.isEmpty {
            Output.lines(["There is no release. Put one into the folder that central.releases_dir names."])
        } else {
            Output.lines(Self.table(releases).lines(on: .current()))
        }
    }

    static func table(_ releases: [Release]) -> Table {
        var table = Table([
            Table.Column(title: "VERSION", narrowest: 10), Table.Column(title: "SIZE", isRight: true, importance: 3),
            Table.Column(title: "CHANGED", isRight: true, importance: 2),
            Table.Column(title: "CHECKSUM", narrowest: 12, importance: 1),
            Table.Column(title: "RUNNING ON", narrowest: 12, importance: 4),
        ])
        table.rows = releases.map { release in
            [
                Table.Cell(release.version), Table.Cell(size(release.sizeBytes)),
                Table.Cell(DisplayFormat.distance(from: Output.now, to: release.createdAt)),
                Table.Cell(release.checksum.isEmpty ? "-" : String(release.checksum.prefix(12))),
                Table.Cell(release.runningOn.isEmpty ? "-" : release.runningOn.joined(separator: ", ")),
            ]
        }
        return table
    }

    private static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<10_000: "\(bytes) B"
        case ..<10_000_000: "\(bytes / 1000) kB"
        default: "\(bytes / 1_000_000) MB"
        }
    }
}
