/// `config.yaml` of the console.
package struct ConsoleSettings: Hashable, Sendable {
    package var contexts: [ConsoleContext] = []
    /// Name of a theme, or path of one of the user's own.
    package var theme: String?
    /// Keys by the names of commands, as they are written.
    package var keys: [String: [String]] = [:]
    package var thresholds = Thresholds()
    /// Of the fleet's table, in their order; empty for all.
    package var columns: [String] = []
    package var mouse = false

    package init() {}

    /// From where on a share is warned of, and from where on it is bad; percent.
    package struct Thresholds: Hashable, Sendable {
        package var cpu = Pair()
        package var memory = Pair()
        package var disk = Pair()

        package init() {}

        package struct Pair: Hashable, Sendable {
            package var warn = 70
            package var bad = 90
            package init() {}
        }
    }
}

/// A central that the console knows by a name.
package struct ConsoleContext: Hashable, Sendable {
    package var name = ""
    /// URL.
    package var central = ""
    package var tokenFile: String?
    package var theme: String?
    /// Production: every change is confirmed with the list of its targets.
    package var danger = false

    package init() {}
}
