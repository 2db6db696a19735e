import FleetModel
import Foundation
import Testing

@testable import FleetConfig

@Suite("The reference page")
struct ConfigurationReferenceTests {
    @Test(
        "docs/configuration.md is what the tables make; write it with: master-control config-reference > docs/configuration.md"
    )
    func isCurrent() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/configuration.md")
        #expect(
            try String(contentsOf: page, encoding: .utf8) == ConfigurationReference.markdown(),
            "run: master-control config-reference > docs/configuration.md")
    }

    @Test("every key of every table stands on the page")
    func everyKey() {
        let page = ConfigurationReference.markdown()
        let keys =
            WorkloadKeys.table.keys.map(\.name) + ProbeKeys.table.keys.map(\.name) + FleetKeys.table.keys.map(\.name)
            + CentralKeys.table.keys.map(\.name) + TokenKeys.table.keys.map(\.name)
            + InventoryKeys.client.keys.map(\.name) + ConsoleKeys.table.keys.map(\.name)
            + ConsoleKeys.context.keys.map(\.name) + ThemeKeys.table.keys.map(\.name)
        #expect(keys.count > 70)
        for key in keys { #expect(page.contains("| `\(key)` |")) }
    }

    @Test("every example is right", arguments: ConfigurationReference.sections.map(\.example))
    func examples(example: ReferenceExample) throws {
        switch example.kind {
        case .workloads:
            let reading = try ConfigFolder(["x.yaml": example.text]).workloads()
            #expect(reading.issues.short == [])
            #expect(!reading.specs.isEmpty)
        case .daemon:
            let reading = try ConfigFolder(["daemon.yaml": example.text]).daemon()
            #expect(reading.issues.short == [])
            #expect(reading.settings.fleet.enabled || reading.settings.central.enabled)
        case .inventory:
            let reading = try ConfigFolder(["inventory.yaml": example.text]).inventory()
            #expect(reading.issues.short == [])
            #expect(!reading.inventory.clients.isEmpty)
        case .console:
            let folder = try ConfigFolder(["config.yaml": example.text])
            let reading = ConfigurationReader.consoleSettings(at: folder.path + "/config.yaml", environment: [:])
            #expect(reading.found && reading.issues.short == [])
        case .theme:
            let reading = ConfigurationReader.theme(named: "own", bytes: Array(example.text.utf8))
            #expect(reading.issues.short == [])
            #expect(!reading.value.roles.isEmpty)
        }
    }

    @Test("what a table gives as a default is one: setting it changes nothing")
    func defaultsAreRight() throws {
        let fleet = Self.lines(FleetKeys.table, except: ["client_name", "install_dir"])
        let central = Self.lines(CentralKeys.table, except: [])
        let written = try ConfigFolder(["daemon.yaml": "fleet:\n\(fleet)central:\n\(central)"]).daemon()
        #expect(written.issues.short == [])
        #expect(written.settings.central == CentralSettings())
        var expected = FleetSettings(clientName: "host-1", installDir: written.settings.fleet.installDir)
        expected.enabled = false
        #expect(written.settings.fleet == expected)
        let workload = Self.lines(
            WorkloadKeys.table,
            except: [
                "entry_point", "python", "max_runs", "working_dir", "user", "group", "umask", "timezone", "cpu_nice",
            ])
        let reading = try ConfigFolder(["w.yaml": "workloads:\n- name: w\n  command: [x]\n\(workload)"]).workloads()
        #expect(reading.issues.short == [])
        #expect(reading.specs == [WorkloadSpec(name: "w", program: .command(["x"]))])
    }

    /// The defaults as lines of a file, but for those that are described in words.
    private static func lines<Target>(_ table: KeyTable<Target>, except: [String]) -> String {
        table.keys.compactMap { key in
            guard let standard = key.standard, !except.contains(key.name),
                !["none", "no limit", "found out by the central"].contains(standard) || key.name == "anonymous"
            else { return nil }
            return "  \(key.name): \(standard)\n"
        }.joined()
    }
}
