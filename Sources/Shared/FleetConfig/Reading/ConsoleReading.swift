import FleetModel

/// What a file of the console says, and what is wrong with it.
package struct ConsoleReading<Value: Sendable>: Sendable {
    package var value: Value
    package var issues: [ConfigIssue]
    /// False where there is no such file; the value then is the default.
    package var found: Bool
}

extension ConfigurationReader {
    /// `config.yaml` of the console. Templates are filled in as in every file.
    package static func consoleSettings(at path: String, environment: [String: String]) -> ConsoleReading<
        ConsoleSettings
    > {
        var file = ConfigFile(path: path, variables: [:], environment: environment)
        return read(&file, ConsoleKeys.table, ConsoleSettings())
    }

    /// A theme in a file of the user's own.
    package static func theme(at path: String) -> ConsoleReading<ThemeFile> {
        var file = ConfigFile(path: path, variables: [:], environment: [:])
        return read(&file, ThemeKeys.table, ThemeFile())
    }

    /// A theme that is no file.
    package static func theme(named name: String, bytes: [UInt8]) -> ConsoleReading<ThemeFile> {
        var file = ConfigFile(name: name, bytes: bytes, variables: [:], environment: [:])
        return read(&file, ThemeKeys.table, ThemeFile())
    }

    private static func read<Value: Sendable>(
        _ file: inout ConfigFile, _ table: KeyTable<Value>, _ standard: Value
    ) -> ConsoleReading<Value> {
        var value = standard
        if let root = file.root { table.read(root, into: &value, log: &file.log) }
        return ConsoleReading(value: value, issues: file.found ? file.log.issues : [], found: file.found)
    }
}
