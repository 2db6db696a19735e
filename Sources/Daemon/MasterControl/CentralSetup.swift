import DaemonCore
import FleetConfig
import FleetModel
import FoundationEssentials
import Glibc

/// What a central is made of: its section of `daemon.yaml` and the inventory, both valid.
struct CentralSetup {
    let settings: CentralSettings
    let inventory: Inventory
    /// False where there is no such file.
    let hasInventory: Bool
    /// All that it was read from, as it was then.
    let files: [FileStamp]

    /// - Throws: `CommandFailure` with everything that is wrong with the inventory.
    init(_ settings: CentralSettings, configDir: String, environment: [String: String]) throws {
        switch Self.read(settings, configDir: configDir, environment: environment) {
        case .success(let setup): self = setup
        case .failure(let invalid):
            throw CommandFailure(
                (["the inventory is not valid:"] + invalid.issues.map(\.description)).joined(separator: "\n"))
        }
    }

    private init(_ setup: CentralSetup, files: [FileStamp]) {
        settings = setup.settings
        inventory = setup.inventory
        hasInventory = setup.hasInventory
        self.files = files
    }

    struct Invalid: Error {
        var issues: [ConfigIssue]
    }

    private init(_ settings: CentralSettings, _ reading: InventoryReading, _ files: [FileStamp]) {
        self.settings = settings
        inventory = reading.inventory
        hasInventory = reading.found
        self.files = files
    }

    /// What the files say now, `daemon.yaml` and those with tokens too.
    static func read(configDir: String, environment: [String: String]) -> Result<CentralSetup, Invalid> {
        // The first time tells which files there are: these are looked at before they are read, so that none that is
        // written meanwhile passes for one that was read.
        let files = (try? readOnce(configDir: configDir, environment: environment).get().files) ?? []
        let stamps = files.map { FileStamp($0.path) }
        return readOnce(configDir: configDir, environment: environment).map { setup in
            CentralSetup(setup, files: stamps.map(\.path) == setup.files.map(\.path) ? stamps : setup.files)
        }
    }

    private static func readOnce(configDir: String, environment: [String: String]) -> Result<CentralSetup, Invalid> {
        let reading = ConfigurationReader(environment: environment).daemonSettings(configDir: configDir)
        let setup = read(reading.settings.central, configDir: configDir, environment: environment)
        guard !reading.issues.isEmpty else { return setup }
        if case .failure(let invalid) = setup { return .failure(Invalid(issues: reading.issues + invalid.issues)) }
        return .failure(Invalid(issues: reading.issues))
    }

    private static func read(
        _ settings: CentralSettings, configDir: String, environment: [String: String]
    ) -> Result<CentralSetup, Invalid> {
        let reader = ConfigurationReader(environment: environment)
        let reading = reader.inventory(at: settings.inventoryPath)
        guard reading.issues.isEmpty else { return .failure(Invalid(issues: reading.issues)) }
        let files = ConfigurationReader.centralFiles(
            configDir: configDir, settings: settings, inventory: reading.inventory)
        return .success(CentralSetup(settings, reading, files.map(FileStamp.init)))
    }

    /// The same for two processes that run the same program with the same settings and inventory in the same folder, so
    /// that one can be left running in place of the other.
    var identity: String {
        var plain = settings
        plain.tokens = []
        plain.tokenFiles = []
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
