/// The keys of a theme of the console.
enum ThemeKeys {
    static let table = KeyTable<ThemeFile>(
        name: "the theme",
        keys: [
            .optional("name", .name, \.name, "What it is called."),
            .optional("extends", .name, \.extends, standard: "dark", "Theme that says what this one does not."),
            entries("palette", \.palette, "Colours by names of your own: `#rrggbb`, or one of the 16 of a terminal."),
            entries("roles", \.roles, "What each part of the screen looks like, as in `bold red on black`."),
        ])

    private static func entries(
        _ name: String, _ path: any WritableKeyPath<ThemeFile, [ThemeFile.Entry]> & Sendable, _ help: String
    ) -> ConfigKey<ThemeFile> {
        ConfigKey(name: name, kind: "mapping of names to texts", standard: "none", help: help) { node, theme, log in
            guard case .mapping(let found) = node.content else {
                log.report("'\(name)' must be a mapping of names to texts, not \(node.kindName)", at: node.position)
                return
            }
            for entry in found.prefix(200) {
                guard let text = entry.value.text, text.utf8.count <= 200 else {
                    log.report(
                        "'\(excerpt(entry.key))' must be a text like 'bold red'; put quotes around '#rrggbb'",
                        at: entry.value.position)
                    continue
                }
                let place = log.map.original(entry.value.position)
                theme[keyPath: path].append(
                    ThemeFile.Entry(name: entry.key, text: text, line: place.line, column: place.column))
            }
        }
    }
}
