import FleetConfig

/// What is settled before the first frame.
package struct ConsoleOptions: Sendable {
    package var identity = ConsoleIdentity(context: "", isDanger: false, server: "")
    /// Names of all contexts, for completion.
    package var contexts: [String] = []
    package var keymap = Keymap.standard
    package var thresholds = ConsoleSettings.Thresholds()
    /// Of the fleet; empty for all.
    package var columns: [String] = []
    package var isReadOnly = false
    /// Lines and bars of ASCII alone.
    package var isASCII = false
    package var theme = Theme.shipped("dark")

    package init() {}
}
