import ConsoleCore
import FleetConfig
import FleetModel

/// Everything that is settled before the terminal is touched.
struct Startup {
    var settings: ConsoleSettings
    var folders: Folders
    var choice: CentralChoice
    var options: ConsoleOptions
    var isPlain: Bool
    var logFile: String?
    var noColour: Bool
    /// Of `--theme`, which goes before all others.
    private let wantedTheme: String?

    /// - Throws: `StartupProblem` with every problem there is.
    init(_ command: ConsoleCommand, environment: [String: String]) throws {
        let folders = Folders(environment: environment)
        self.folders = folders
        let reading = ConfigurationReader.consoleSettings(at: folders.configFile, environment: environment)
        var problems = reading.issues.map(\.description)
        settings = reading.value
        let (keymap, conflicts) = Keymap.make(own: settings.keys, isReadOnly: command.readOnly)
        problems += conflicts.map { "\(folders.configFile): \($0)" }
        guard problems.isEmpty else { throw StartupProblem(lines: problems) }
        choice = try CentralChoice(
            central: command.central, tokenFile: command.tokenFile, context: command.context, environment: environment,
            settings: settings, folders: folders)
        options = ConsoleOptions()
        options.identity = choice.identity
        options.contexts = settings.contexts.map(\.name)
        options.keymap = keymap
        options.thresholds = settings.thresholds
        options.columns = settings.columns
        options.isReadOnly = command.readOnly
        options.isASCII = command.ascii
        wantedTheme = command.theme
        isPlain = command.plain
        logFile = command.logFile
        noColour = environment["NO_COLOR"]?.isEmpty == false
        options.theme = try ThemeFinder(folders: folders).find(themeName(in: choice))
    }

    func themeName(in choice: CentralChoice) -> String {
        wantedTheme ?? choice.theme ?? settings.theme ?? "dark"
    }
}
