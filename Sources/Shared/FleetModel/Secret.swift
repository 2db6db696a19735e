/// Which keys hold something that must not be shown.
package enum Secret {
    package static let placeholder = "[redacted]"

    /// What a key of a secret has in its name, in whatever case.
    package static let words = ["token", "secret", "password", "passwd", "key"]

    package static func isTelling(_ key: String) -> Bool {
        let lowered = key.lowercased()
        return words.contains { lowered.contains($0) }
    }
}
