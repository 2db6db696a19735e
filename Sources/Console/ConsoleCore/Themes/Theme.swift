import FleetConfig
import FleetModel

/// A look for every role.
package struct Theme: Hashable, Sendable {
    package let name: String
    package let looks: [Role: Look]

    package static let shippedNames = ["dark", "light", "high-contrast", "solarized", "mono"]
    package static let mono = shipped("mono")

    package func look(of role: Role) -> Look { looks[role] ?? Look() }

    /// One that comes with the program; the dark one where there is none of that name.
    package static func shipped(_ name: String) -> Theme {
        read(file(named: name) ?? ThemeFile(), name: name, extending: { file(named: $0) }).theme
    }

    /// A theme from its file, with what it does not say from the one it extends and then from the dark one.
    ///
    /// - Parameter extending: finds a theme by its name.
    package static func read(
        _ file: ThemeFile, name: String, source: String = "", extending: (String) -> ThemeFile?
    ) -> (theme: Theme, issues: [ConfigIssue]) {
        var chain = [file]
        var issues: [ConfigIssue] = []
        var next = file.extends
        while let name = next, chain.count < 8 {
            guard let found = extending(name) else {
                issues.append(
                    ConfigIssue(
                        file: source, line: 1, column: 1,
                        message:
                            "there is no theme '\(name)' to extend; shipped are \(shippedNames.joined(separator: ", "))"
                    ))
                break
            }
            chain.append(found)
            next = found.extends
        }
        if let dark = Self.file(named: "dark") { chain.append(dark) }
        var palette: [String: Colour] = [:]
        var looks: [Role: Look] = [:]
        for (depth, file) in chain.enumerated().reversed() {
            func report(_ entry: ThemeFile.Entry, _ message: String) {
                guard depth == 0 else { return }
                issues.append(ConfigIssue(file: source, line: entry.line, column: entry.column, message: message))
            }
            for entry in file.palette {
                if let colour = Colour(entry.text) {
                    palette[entry.name] = colour
                } else {
                    report(entry, "'\(entry.text)' is no colour: write 'red', 'bright_red', '#rrggbb' or 'default'")
                }
            }
            for entry in file.roles {
                guard let role = Role(rawValue: entry.name) else {
                    report(entry, "there is no role '\(entry.name)'; docs/console.md lists them")
                    continue
                }
                do {
                    looks[role] = try Look(entry.text, palette: palette)
                } catch {
                    report(entry, error.message)
                }
            }
        }
        return (Theme(name: name, looks: looks), issues)
    }

    /// The files of the folder `themes`, which are part of the program.
    package static func file(named name: String) -> ThemeFile? {
        let bytes: [UInt8]
        switch name {
        case "dark": bytes = PackageResources.dark_yaml
        case "light": bytes = PackageResources.light_yaml
        case "high-contrast": bytes = PackageResources.high_contrast_yaml
        case "solarized": bytes = PackageResources.solarized_yaml
        case "mono": bytes = PackageResources.mono_yaml
        default: return nil
        }
        return ConfigurationReader.theme(named: name, bytes: bytes).value
    }
}
