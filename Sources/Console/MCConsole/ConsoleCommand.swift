import ArgumentParser
import FleetModel

/// The arguments of `mc-console`.
struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mc-console",
        abstract: "A full-screen console for a fleet: look, start, stop, deploy, by keys.",
        discussion: """
            Contexts, keys, colours and thresholds stand in ~/.config/mc-console/config.yaml. In the console, '?' lists \
            the keys. Exit status: 0 quit, 1 the terminal was lost or the central refuses, 2 wrong usage.
            """,
        version: ProgramVersion.current)

    @Option(
        help: ArgumentHelp(
            "URL of the central, without a name or password in it.",
            discussion: "(MCTL_CENTRAL_URL; else the first context; else \(CentralChoice.standardURL))",
            valueName: "url"))
    var central: String?
    @Option(
        help: ArgumentHelp(
            "File that holds the token for that central; read again where it is replaced.",
            discussion: "(MCTL_API_TOKEN is the token itself, for the central of MCTL_CENTRAL_URL where that is set.)",
            valueName: "file"), completion: .file())
    var tokenFile: String?
    @Option(help: ArgumentHelp("A context of the configuration.", valueName: "name"))
    var context: String?
    @Option(
        help: ArgumentHelp(
            "dark, light, high-contrast, solarized, mono, one of your own, or a file.", valueName: "name"))
    var theme: String?
    @Flag(help: "Only looks: the keys that change the fleet do nothing.")
    var readOnly = false
    @Flag(help: "Lines and bars of ASCII characters alone; by itself so in a locale without UTF-8.")
    var ascii = false
    @Flag(
        help: """
            No full screen: a line for each change, for scripts and screen readers; works where TERM is dumb or there \
            is no terminal.
            """)
    var plain = false
    @Option(
        help: ArgumentHelp(
            "Where this program writes what it does, for when something is wrong with it.", valueName: "file"),
        completion: .file())
    var logFile: String?
}
