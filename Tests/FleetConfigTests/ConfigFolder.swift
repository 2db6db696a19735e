import FleetConfig
import FleetModel
import Foundation
import Glibc

/// A configuration directory of a test's own, gone with the test.
final class ConfigFolder {
    let root: URL

    var path: String { root.path }

    init(_ files: [String: String] = [:]) throws {
        root = FileManager.default.temporaryDirectory.appending(path: "fleet-config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        for (name, text) in files { try write(text, to: name) }
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    func write(_ data: Data, to name: String) throws {
        let file = root.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    /// To all but its owner, unless it says otherwise: as a file with a token has to be.
    func close(_ name: String, mode: mode_t = 0o600) { chmod(root.appending(path: name).path, mode) }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: root.appending(path: name).path, withDestinationPath: target)
    }

    func workloads(environment: [String: String] = [:]) -> WorkloadReading {
        ConfigurationReader(environment: environment, hostname: "host-1").workloads(in: [.init(path: path)])
    }

    func daemon(environment: [String: String] = [:], hostname: String = "host-1") -> SettingsReading {
        ConfigurationReader(environment: environment, hostname: hostname).daemonSettings(configDir: path)
    }

    func inventory(environment: [String: String] = [:]) -> InventoryReading {
        ConfigurationReader(environment: environment, hostname: "host-1").inventory(at: path + "/inventory.yaml")
    }
}

extension [ConfigIssue] {
    /// `line:column: message`, without the directory of the test.
    var short: [String] { map { "\($0.line):\($0.column): \($0.message)" } }
}
