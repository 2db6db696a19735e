/// The rule for names that end up in paths, URLs and command lines.
package enum Identifier {
    /// Letters, digits, `.`, `_` and `-`, the first a letter or digit, at most 64: workloads and clients.
    package static func isName(_ text: String) -> Bool { matches(text, alsoPlus: false) }

    /// As a name, and `+`: versions of releases.
    package static func isVersion(_ text: String) -> Bool { matches(text, alsoPlus: true) }

    /// Bytes of a name or a version.
    package static let longest = 64

    package static let nameRule =
        "up to \(longest) letters, digits, '.', '_' and '-', beginning with a letter or a digit"

    private static func matches(_ text: String, alsoPlus: Bool) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= longest else { return false }
        return text.utf8.allSatisfy { byte in
            isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-") || (alsoPlus && byte == UInt8(ascii: "+"))
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
