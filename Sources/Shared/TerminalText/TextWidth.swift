/// How much room text takes on a terminal.
package enum TextWidth {
    package static func columns(of text: String) -> Int {
        SafeText.isPlain(text) ? text.utf8.count : text.reduce(0) { $0 + columns(of: $1) }
    }

    /// The text, or as much of it as fits with `…` at its end.
    package static func cut(_ text: String, to width: Int) -> String {
        // No character takes more columns than it has bytes.
        if text.utf8.count <= width { return text }
        guard columns(of: text) > width else { return text }
        var cut = ""
        var used = 0
        for character in text {
            let next = columns(of: character)
            guard used + next < width else { break }
            cut.append(character)
            used += next
        }
        return cut + "…"
    }

    package static func columns(of character: Character) -> Int {
        if character.isASCII { return 1 }
        guard let scalar = character.unicodeScalars.first else { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// East Asian wide and full-width ranges, and emoji.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
    ]
}
