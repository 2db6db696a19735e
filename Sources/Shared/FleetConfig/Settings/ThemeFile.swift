/// A theme as its file says it; what the words mean is for the console.
package struct ThemeFile: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var name: String
        package var text: String
        package var line: Int
        package var column: Int
    }

    package var name: String?
    /// Name of the theme that says what this one does not.
    package var extends: String?
    package var palette: [Entry] = []
    package var roles: [Entry] = []

    package init() {}
}
