import FleetModel

/// What `daemon.yaml` says. With issues the settings are no more than a best effort: nothing should start with them.
package struct SettingsReading: Hashable, Sendable {
    package var settings: DaemonSettings
    package var issues: [ConfigIssue]
    /// False where there is no such file; the settings are the defaults then.
    package var found: Bool
    /// What is allowed and better otherwise, as sentences.
    package var notices: [String] = []

    package init(settings: DaemonSettings, issues: [ConfigIssue], found: Bool) {
        self.settings = settings
        self.issues = issues
        self.found = found
    }
}
