import FleetConfig
import FleetModel
import Foundation
import Testing

@Suite("What examples/ shows")
struct ExamplesTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private let reader = ConfigurationReader(environment: ["PATH": "/usr/bin:/bin"], hostname: "example")

    @Test("every example workload is valid, and each module it names is there")
    func workloads() throws {
        let reading = reader.workloads(in: [WorkloadDirectory(path: Self.root + "/examples/configs")])
        #expect(reading.issues.isEmpty, "\(reading.issues)")
        #expect(reading.specs.count >= 8)
        for spec in reading.specs {
            guard case .module(let module, _, _, _) = spec.program else { continue }
            let path = "\(Self.root)/examples/\(module.replacingOccurrences(of: ".", with: "/")).py"
            #expect(FileManager.default.fileExists(atPath: path), "\(spec.name): \(path)")
        }
    }

    @Test("each example daemon.yaml and inventory is valid", arguments: ["client", "control"])
    func settings(folder: String) throws {
        let reading = reader.daemonSettings(configDir: "\(Self.root)/examples/\(folder)")
        #expect(reading.found)
        #expect(reading.issues.isEmpty, "\(reading.issues)")
        #expect(reading.settings.fleet.enabled || reading.settings.central.enabled)
        let inventory = reader.inventory(at: "\(Self.root)/examples/control/inventory.yaml")
        #expect(inventory.issues.isEmpty, "\(inventory.issues)")
        #expect(inventory.inventory.clients.map(\.name) == ["sensor-node-1", "kiosk-2", "shopfloor-3"])
    }

    @Test("the example of the console is valid, and so is its theme")
    func console() throws {
        let settings = ConfigurationReader.consoleSettings(
            at: "\(Self.root)/examples/console/config.yaml", environment: [:])
        #expect(settings.found && settings.issues.isEmpty, "\(settings.issues)")
        #expect(settings.value.contexts.map(\.danger) == [false, true])
        let theme = ConfigurationReader.theme(at: "\(Self.root)/examples/console/themes/night-shift.yaml")
        #expect(theme.found && theme.issues.isEmpty, "\(theme.issues)")
        #expect(settings.value.contexts.last?.theme == theme.value.name)
    }
}
