/// The page of all configuration keys, made of the tables that validate them.
package enum ConfigurationReference {
    /// `docs/configuration.md`.
    package static func markdown() -> String {
        introduction + sections.map(\.markdown).joined()
    }

    /// Every section with an example of it, in the order of the page.
    static let sections: [ReferenceSection] = [
        ReferenceSection(
            title: "Workload files",
            text: """
                Every `*.yaml` and `*.yml` below the configuration directory, and below `current/configs/` of the \
                release in use, but for `daemon.yaml`, `inventory.yaml` and `vars.yaml`. What begins with a dot is \
                left out. A file is one workload, or a list of them under `workloads`. Names are used only once on a \
                host.
                """,
            table: WorkloadKeys.table, example: ReferenceExample(kind: .workloads, text: workloadExample)),
        ReferenceSection(
            title: "`ready`: the readiness probe of a workload",
            text: "Exactly one of `exec`, `http` and `tcp` says what is tried.",
            table: ProbeKeys.table, example: ReferenceExample(kind: .workloads, text: probeExample)),
        ReferenceSection(
            title: "`limits` of a workload",
            text: "Limits of the system, for each process. A higher one than the daemon's needs a daemon run by root.",
            table: ProcessLimitKeys.table, example: ReferenceExample(kind: .workloads, text: limitsExample)),
        ReferenceSection(
            title: "`daemon.yaml`: `fleet`",
            text: """
                This host as a client of a fleet. `daemon.yaml` stands in the root of the configuration directory; \
                without it everything has its default, and the daemon does nothing but run workloads.
                """,
            table: FleetKeys.table, example: ReferenceExample(kind: .daemon, text: fleetExample)),
        ReferenceSection(
            title: "`daemon.yaml`: `central`",
            text: "This host as the one that watches the fleet and deploys to it.",
            table: CentralKeys.table, example: ReferenceExample(kind: .daemon, text: centralExample)),
        ReferenceSection(
            title: "`daemon.yaml`: `central.tokens`",
            text: "Each entry allows a person or a program less than `api_token` does. Names and texts differ.",
            table: TokenKeys.table, example: ReferenceExample(kind: .daemon, text: tokenExample)),
        ReferenceSection(
            title: "`inventory.yaml`: `clients`",
            text: """
                The clients of the fleet. What stands under `defaults`, which takes every key but `name` and `host`, \
                holds for each client that does not say otherwise; `env` is joined key by key, a list is replaced.
                """,
            table: InventoryKeys.client, example: ReferenceExample(kind: .inventory, text: inventoryExample)),
        ReferenceSection(
            title: "`config.yaml` of `mc-console`",
            text: """
                `~/.config/mc-console/config.yaml`, or below `$XDG_CONFIG_HOME`. Everything in it can be left out. The \
                console says at its start what is wrong in it.
                """,
            table: ConsoleKeys.table, example: ReferenceExample(kind: .console, text: consoleExample)),
        ReferenceSection(
            title: "`config.yaml` of `mc-console`: `contexts`",
            text: "`mc-console --context NAME` or `:context NAME` goes to one.",
            table: ConsoleKeys.context, example: ReferenceExample(kind: .console, text: contextExample)),
        ReferenceSection(
            title: "Themes of `mc-console`",
            text: """
                `NAME.yaml` in the folder `themes` beside `config.yaml`. A colour is one of black, red, green, yellow, \
                blue, magenta, cyan and white, each also as `bright_…`, or `#rrggbb`, `default`, or a name of the \
                palette. A role is a colour, `on` and a colour behind it, and `bold`, `dim`, `underline`, `reverse`.
                """,
            table: ThemeKeys.table, example: ReferenceExample(kind: .theme, text: themeExample)),
    ]
}

/// A file that is printed on the page and read by a test.
struct ReferenceExample: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case workloads, daemon, inventory, console, theme }
    var kind: Kind
    var text: String
}

/// A heading, a table of keys and an example.
struct ReferenceSection: Sendable {
    var markdown: String
    var example: ReferenceExample

    init<Target>(title: String, text: String, table: KeyTable<Target>, example: ReferenceExample) {
        self.example = example
        let rows = table.keys.map { key in
            "| `\(key.name)` | \(Self.cell(key.kind)) | \(Self.cell(key.standard ?? "")) | \(Self.cell(key.help)) |\n"
        }
        markdown =
            "\n## \(title)\n\n\(text)\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
            + rows.joined() + "\n```yaml\n\(example.text)```\n"
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
            .split(separator: "*", omittingEmptySubsequences: false).joined(separator: "\\*")
    }
}
