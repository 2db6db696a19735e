/// Where the console's own files are.
struct Folders: Equatable {
    /// Absolute.
    let configuration: String
    private let home: String

    init(environment: [String: String]) {
        home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/"
        // As XDG has it: one that is not absolute does not count.
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.config"
        configuration = "\(base)/mc-console"
    }

    var configFile: String { "\(configuration)/config.yaml" }
    func theme(_ name: String) -> String { "\(configuration)/themes/\(name).yaml" }

    /// With `~` as the home folder; what is relative begins at the configuration.
    func resolved(_ path: String) -> String {
        if path == "~" || path.hasPrefix("~/") { return home + path.dropFirst(1) }
        return path.hasPrefix("/") ? path : "\(configuration)/\(path)"
    }

    /// As typed in the console: what is relative begins where it was started.
    func typed(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst(1) : path }
}
