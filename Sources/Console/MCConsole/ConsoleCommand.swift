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

    @Option(help: "URL of the central. (MCTL_CENTRAL_URL; else the first context; else http://127.0.0.1:8080)")
    var central: String?
    @Option(
        help: "File that holds the token for that central. (MCTL_API_TOKEN is the token itself.)", completion: .file())
    var tokenFile: String?
    @Option(help: "Name of a context of the configuration.")
    var context: String?
    @Option(help: "dark, light, high-contrast, solarized, mono, one of your own, or a file.")
    var theme: String?
    @Flag(help: "Only looks: the keys that change the fleet do nothing.")
    var readOnly = false
    @Flag(help: "Lines and bars of ASCII characters alone.")
    var ascii = false
    @Flag(help: "No full screen: a line for each change, for scripts and screen readers.")
    var plain = false
    @Option(help: "Where this program writes what it does, for when something is wrong with it.", completion: .file())
    var logFile: String?
}
