/// The keys of `config.yaml` of the console.
enum ConsoleKeys {
    static let table = KeyTable<ConsoleSettings>(
        name: "config.yaml",
        keys: [
            ConfigKey(
                name: "contexts", kind: "list of mappings", standard: "none",
                help: "Centrals by their names; the first is used where nothing else says which."
            ) { node, settings, log in
                for element in node.elements(of: "'contexts'", atMost: 100, log: &log) {
                    var context = ConsoleContext()
                    let issuesBefore = log.issues.count
                    ConsoleKeys.context.read(element, into: &context, log: &log)
                    if settings.contexts.contains(where: { $0.name == context.name }) {
                        log.report("there are two contexts '\(context.name)'", at: element.position)
                    }
                    if log.issues.count == issuesBefore { settings.contexts.append(context) }
                }
            },
            .optional(
                "theme", .path, \.theme, standard: "dark", "Name of a theme, or path of a file with one of your own."),
            ConfigKey(
                name: "keys", kind: "mapping of commands to a key or a list of keys", standard: "as '?' shows them",
                help: "Keys of your own; they replace the usual ones of the command."
            ) { node, settings, log in
                readKeys(node, &settings, &log)
            },
            .section("thresholds", thresholds, \.thresholds, "Where bars and numbers change their colour."),
            .key(
                "columns", .list("list of columns", of: .text("column"), atMost: 20), \.columns, standard: "all",
                "Columns of the fleet: cpu, mem, disk, version, uptime; NAME, STATUS, SEEN and WORK always are there."),
            .key(
                "mouse", .bool, \.mouse, standard: "false",
                "Uses the mouse; most terminals then select text only with Shift held down."),
        ])

    static let context = KeyTable<ConsoleContext>(
        name: "a context",
        keys: [
            .key("name", .name, \.name, "What it is called; required."),
            .key("central", .serverURL, \.central, "URL of the central; required."),
            .optional("token_file", .path, \.tokenFile, standard: "none", "File that holds the token."),
            .optional("theme", .path, \.theme, standard: "that of the file", "A theme for this context."),
            .key(
                "danger", .bool, \.danger, standard: "false",
                "Production: its name is shown as a warning, and every change asks with the list of its targets."),
        ]
    ) { present, _, log in
        for name in ["name", "central"] where !present.contains(name) {
            log.report("a context needs '\(name)'", at: present.section)
        }
    }

    static let thresholds = KeyTable<ConsoleSettings.Thresholds>(
        name: "'thresholds'",
        keys: [
            .section("cpu", pair, \.cpu, "`warn` and `bad`, in percent; 70 and 90."),
            .section("memory", pair, \.memory, "`warn` and `bad`, in percent; 70 and 90."),
            .section("disk", pair, \.disk, "`warn` and `bad`, in percent; 70 and 90."),
        ])

    private static let pair = KeyTable<ConsoleSettings.Thresholds.Pair>(
        name: "a threshold",
        keys: [
            .key("warn", .integer(1...100), \.warn, standard: "70", "From here on it is warned of."),
            .key("bad", .integer(1...100), \.bad, standard: "90", "From here on it is bad."),
        ]
    ) { present, pair, log in
        if pair.warn > pair.bad {
            log.report("'warn' must not be above 'bad'", at: present.valuePosition(of: "warn"))
        }
    }

    private static func readKeys(_ node: ConfigNode, _ settings: inout ConsoleSettings, _ log: inout IssueLog) {
        guard case .mapping(let entries) = node.content else {
            log.report("'keys' must be a mapping like 'restart: r', not \(node.kindName)", at: node.position)
            return
        }
        for entry in entries.prefix(200) {
            let nodes: [ConfigNode]
            if case .list(let list) = entry.value.content { nodes = list } else { nodes = [entry.value] }
            let texts = nodes.prefix(10).compactMap(\.text)
            guard texts.count == nodes.count, !texts.isEmpty else {
                log.report("'\(excerpt(entry.key))' must be a key or a list of keys", at: entry.value.position)
                continue
            }
            settings.keys[entry.key] = texts
        }
    }
}
