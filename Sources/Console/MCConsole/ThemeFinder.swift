import ConsoleCore
import FleetConfig
import FleetModel

/// Finds a theme: the user's own first, then those that come with the program.
struct ThemeFinder {
    var folders: Folders

    /// - Parameter name: a name, or the path of a file.
    /// - Throws: `StartupProblem`
    func find(_ name: String) throws -> Theme {
        let isPath = name.contains("/") || name.hasSuffix(".yaml")
        let path = isPath ? folders.typed(name) : folders.theme(name)
        // A name must not lead out of the folder.
        guard isPath || name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }) else {
            throw unknown(name)
        }
        let reading = ConfigurationReader.theme(at: path)
        guard reading.found else {
            if !isPath, Theme.shippedNames.contains(name) { return Theme.shipped(name) }
            throw isPath ? StartupProblem("there is no theme file '\(path)'") : unknown(name)
        }
        let title = reading.value.name ?? name
        let (theme, issues) = Theme.read(reading.value, name: title, source: path) { name in
            let own = ConfigurationReader.theme(at: folders.theme(name))
            return own.found ? own.value : Theme.file(named: name)
        }
        let all = reading.issues + issues
        guard all.isEmpty else { throw StartupProblem(lines: all.map(\.description)) }
        return theme
    }

    private func unknown(_ name: String) -> StartupProblem {
        StartupProblem(
            "there is no theme '\(name)'; there are \(Theme.shippedNames.joined(separator: ", ")), "
                + "and yours in \(folders.configuration)/themes")
    }
}
