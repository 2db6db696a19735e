import DaemonCore
import FleetConfig
import FleetModel
import FoundationEssentials
import Glibc

/// What a central is made of: its section of `daemon.yaml` and the inventory, both valid.
struct CentralSetup {
    let settings: CentralSettings
    let inventory: Inventory

    /// - Throws: `CommandFailure` with everything that is wrong with the inventory.
    init(_ settings: CentralSettings, environment: [String: String]) throws {
        let reading = ConfigurationReader(environment: environment).inventory(at: settings.inventoryPath)
        guard reading.issues.isEmpty else {
            throw CommandFailure(
                (["the inventory is not valid:"] + reading.issues.map(\.description)).joined(separator: "\n"))
        }
        self.settings = settings
        inventory = reading.inventory
    }

    /// The same for two processes that run the same program with the same settings and inventory in the same folder, so
    /// that one can be left running in place of the other.
    var identity: String {
        var plain = settings
        plain.tokens = []
        var parts = [Self.program, FileManager.default.currentDirectoryPath, "\(plain)"]
        // What has no order of its own gets one: the text is compared with that of another process.
        for token in settings.tokens {
            let scopes = token.scopes.map(\.rawValue).sorted()
            parts.append("\(token.name) \(token.mark) \(scopes) \(token.client ?? "")")
        }
        for client in inventory.clients {
            var plain = client
            plain.env = [:]
            parts.append("\(plain) \(client.env.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })")
        }
        return Digest.text(of: parts.joined(separator: "\n"))
    }

    /// The file of the program that runs, told from the one that an upgrade puts in its place.
    private static var program: String {
        var file = stat()
        guard stat("/proc/self/exe", &file) == 0 else { return ProgramVersion.current }
        return "\(ProgramVersion.current) \(file.st_dev) \(file.st_ino) \(file.st_size) \(file.st_mtim.tv_sec) "
            + "\(file.st_mtim.tv_nsec)"
    }
}
