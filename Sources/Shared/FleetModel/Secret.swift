/// Which keys hold something that must not be shown.
package enum Secret {
    package static let placeholder = "[redacted]"

    /// True where the key contains token, secret, password or key, in any case.
    package static func isTelling(_ key: String) -> Bool {
        let lowered = key.lowercased()
        return ["token", "secret", "password", "passwd", "key"].contains { lowered.contains($0) }
    }
}
