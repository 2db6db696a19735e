import FleetModel
import FoundationEssentials
import Glibc

/// Reads the configuration files of a host into validated values. Nothing is kept and nothing is changed.
///
/// Every error of every file is reported. What a file with an error of its own says is not used at all; an error
/// between workloads (a name used twice, a dependency that is missing) keeps out the workloads concerned.
package struct ConfigurationReader: Sendable {
    private let environment: [String: String]
    private let hostname: String

    /// - parameter environment: What `{{ env.NAME }}` sees.
    /// - parameter hostname: What a client is called that has no `client_name`; nil asks the system.
    package init(environment: [String: String], hostname: String? = nil) {
        self.environment = environment
        self.hostname = hostname ?? Self.systemHostname()
    }

    /// All workload files below the directories. One that is missing is an issue only where it is no release's.
    package func workloads(in directories: [WorkloadDirectory]) -> WorkloadReading {
        var reading = WorkloadReading()
        var entries: [WorkloadSet.Entry] = []
        for directory in directories {
            let files = WorkloadFiles(below: directory)
            reading.issues += files.issues
            reading.fileCount += files.paths.count
            guard !files.paths.isEmpty else { continue }
            let variables = variables(beside: directory.path, issues: &reading.issues)
            for path in files.paths {
                entries += self.entries(
                    of: path, releaseRoot: directory.releaseRoot, variables: variables, issues: &reading.issues)
            }
        }
        let checked = WorkloadSet(entries: entries).checked()
        reading.specs = checked.specs
        reading.files = Dictionary(
            entries.filter { !$0.spec.name.isEmpty }.map { ($0.spec.name, $0.file) },
            uniquingKeysWith: { first, _ in first })
        reading.issues = Self.sorted(reading.issues + checked.issues)
        return reading
    }

    /// `daemon.yaml` in the configuration directory; without one, the defaults.
    package func daemonSettings(configDir: String) -> SettingsReading {
        var draft = DaemonDraft(
            fleet: FleetDraft(
                settings: FleetSettings(clientName: Self.clientName(for: hostname), installDir: parent(of: configDir))))
        var issues: [ConfigIssue] = []
        var file = file(named: "daemon.yaml", in: configDir, issues: &issues)
        if let root = file.root { DaemonKeys.table.read(root, into: &draft, log: &file.log) }
        issues = file.found ? issues + file.log.issues : []
        var fleet = draft.fleet.settings
        if fleet.clientName.isEmpty { fleet.clientName = "localhost" }
        fleet.installDir = Self.absolute(fleet.installDir)
        var reading = SettingsReading(
            settings: DaemonSettings(fleet: fleet, central: draft.central.settings), issues: Self.sorted(issues),
            found: file.found)
        let path = Self.join(configDir, "daemon.yaml")
        if draft.fleet.holdsToken || draft.central.holdsToken, BoundedFile.isOpenToAll(path),
            BoundedFile.isOpenToAll(configDir)
        {
            reading.notices.append(
                "\(path) holds a token and is open to everybody on this host: \(BoundedFile.closing(path)), "
                    + "or use api_token_file")
        }
        return reading
    }

    /// The inventory file at that path.
    package func inventory(at path: String) -> InventoryReading {
        let (directory, name) = Self.split(path)
        var issues: [ConfigIssue] = []
        var file = file(named: name, in: directory, path: path, issues: &issues)
        var draft = InventoryDraft()
        if let root = file.root { InventoryKeys.table.read(root, into: &draft, log: &file.log) }
        issues = file.found ? issues + file.log.issues : []
        var inventory = Inventory()
        inventory.clients = draft.clients.map(\.value)
        return InventoryReading(inventory: inventory, issues: Self.sorted(issues), found: file.found)
    }
}

extension ConfigurationReader {
    private func entries(
        of path: String, releaseRoot: String?, variables: [String: String], issues: inout [ConfigIssue]
    ) -> [WorkloadSet.Entry] {
        var file = ConfigFile(path: path, variables: variables, environment: environment)
        let drafts = file.root.map { WorkloadFileKeys.read($0, log: &file.log) } ?? []
        if file.root == nil, file.log.isEmpty { file.log.reportFile(WorkloadFileKeys.noWorkload) }
        issues += file.log.issues
        let map = file.log.map
        return drafts.map { draft in
            var spec = draft.spec
            spec.releaseRoot = releaseRoot
            return WorkloadSet.Entry(
                file: path, namePosition: map.original(draft.namePosition),
                dependencies: draft.dependsOn.map { Located(value: $0.value, position: map.original($0.position)) },
                spec: spec, isUsable: file.log.isEmpty)
        }
    }

    private func file(
        named name: String, in directory: String, path: String? = nil, issues: inout [ConfigIssue]
    ) -> ConfigFile {
        let variables = variables(beside: directory, issues: &issues)
        return ConfigFile(
            path: path ?? Self.join(directory, name), variables: variables, environment: environment)
    }

    /// `vars.yaml` of the directory. Templates in it see the environment alone.
    private func variables(beside directory: String, issues: inout [ConfigIssue]) -> [String: String] {
        var file = ConfigFile(path: Self.join(directory, "vars.yaml"), variables: [:], environment: environment)
        guard file.found else { return [:] }
        let values = file.root.map { OwnVariables.values(of: $0, log: &file.log) } ?? [:]
        issues += file.log.issues
        return values
    }

    private func parent(of configDir: String) -> String { Self.split(Self.absolute(configDir)).directory }

    private static func sorted(_ issues: [ConfigIssue]) -> [ConfigIssue] {
        // Files stay in the order they were first mentioned in.
        let order = Dictionary(
            issues.enumerated().map { ($1.file, $0) }, uniquingKeysWith: { first, _ in first })
        return issues.sorted { a, b in
            (order[a.file] ?? 0, a.line, a.column, a.message) < (order[b.file] ?? 0, b.line, b.column, b.message)
        }
    }
}

// MARK: - Paths and names of this host

extension ConfigurationReader {
    static func join(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
    }

    /// Without `.`, `..` and doubled slashes; symbolic links stay as they are.
    private static func absolute(_ path: String) -> String {
        let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        var parts: [Substring] = []
        for part in full.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func systemHostname() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The host's name with what a client's name may not have replaced; empty where nothing is left.
    private static func clientName(for hostname: String) -> String {
        let mapped = hostname.utf8.map {
            Plausible.isAlphanumeric($0) || "._-".utf8.contains($0) ? $0 : UInt8(ascii: "-")
        }
        let name = String(decoding: mapped.drop { !Plausible.isAlphanumeric($0) }.prefix(64), as: UTF8.self)
        return Identifier.isName(name) ? name : ""
    }
}
