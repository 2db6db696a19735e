/// What comes from a workload or another host, made fit for a terminal: nothing of it may steer it.
package enum SafeText {
    /// Control characters become `�`; line ends too, unless they are kept.
    package static func line(_ text: String, keepingLines: Bool = false) -> String {
        if isPlain(text) { return text }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if keepingLines, scalar == "\n" {
                safe.append(scalar)
            } else if scalar == "\t" || scalar == "\n" {
                safe.append(" ")
            } else {
                safe.append(isControl(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return String(safe)
    }

    /// Whether it is ASCII without control characters, as almost all text is: what needs no thought.
    static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20..<0x7f).contains($0) } }

    /// A line of a log: tabs stay, and so do colours (`ESC [ … m`), which can do no harm.
    package static func logLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        let scalars = Array(text.unicodeScalars)
        var safe = String.UnicodeScalarView()
        var index = 0
        var isColoured = false
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\u{1B}", let end = endOfColour(scalars, from: index) {
                safe.append(contentsOf: scalars[index...end])
                isColoured = true
                index = end + 1
                continue
            }
            safe.append(isControl(scalar) && scalar != "\t" ? "\u{FFFD}" : scalar)
            index += 1
        }
        // A colour that was left on ends with its line.
        return String(safe) + (isColoured ? "\u{1B}[0m" : "")
    }

    /// A line of a log without its colours.
    package static func withoutColours(_ text: String) -> String {
        guard text.utf8.contains(0x1B) else { return text }
        let scalars = Array(text.unicodeScalars)
        var plain = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if scalars[index] == "\u{1B}", let end = endOfColour(scalars, from: index) {
                index = end + 1
            } else {
                plain.append(scalars[index])
                index += 1
            }
        }
        return String(plain)
    }

    /// JSON, in which control characters beyond those that JSON forbids are escaped as well. It means the same.
    package static func json(_ text: String) -> String {
        func mustGo(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x7f && isControl(scalar) }
        guard text.unicodeScalars.contains(where: mustGo) else { return text }
        return text.unicodeScalars.reduce(into: "") { safe, scalar in
            guard mustGo(scalar) else {
                safe.unicodeScalars.append(scalar)
                return
            }
            let digits = String(scalar.value, radix: 16)
            safe += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    private static func endOfColour(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
        guard start + 1 < scalars.count, scalars[start + 1] == "[" else { return nil }
        var index = start + 2
        while index < scalars.count, index - start < 32 {
            switch scalars[index] {
            case "0"..."9", ";", ":": index += 1
            case "m": return index
            default: return nil
            }
        }
        return nil
    }

    /// Whether a character may steer a terminal, or what is read on it, rather than be shown: C0, DEL, C1, separators of
    /// lines, and what turns the direction of text around.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7f...0x9f, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
