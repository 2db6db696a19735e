/// A key as it was pressed.
package enum Key: Hashable, Sendable {
    case character(Character)
    /// With Ctrl; the letter is in lower case.
    case control(Character)
    case enter, escape, tab, backTab, backspace, delete
    case up, down, left, right, home, end, pageUp, pageDown
    case mouse(row: Int, column: Int, Mouse)
    /// Text that was pasted: never taken for keys, since it might change the fleet.
    case paste(String)

    package enum Mouse: Hashable, Sendable { case press, doublePress, wheelUp, wheelDown }
}

extension Key {
    private static let names: [(String, Key)] = [
        ("Enter", .enter), ("Esc", .escape), ("Tab", .tab), ("Shift-Tab", .backTab), ("Backspace", .backspace),
        ("Del", .delete), ("Up", .up), ("Down", .down), ("Left", .left), ("Right", .right), ("Home", .home),
        ("End", .end), ("PgUp", .pageUp), ("PgDn", .pageDown), ("Space", .character(" ")),
    ]
    /// Those that terminals, multiplexers and shells have for themselves.
    private static let taken: [Character: String] = [
        "s": "stops the output of many terminals", "q": "continues the output of many terminals",
        "a": "is the prefix of screen", "b": "is the prefix of tmux", "z": "suspends the console",
        "\\": "ends a program on many terminals", "c": "always quits",
    ]

    /// As help and configuration write it: `j`, `Ctrl-D`, `PgUp`, `Space`.
    package var name: String {
        if let named = Self.names.first(where: { $0.1 == self }) { return named.0 }
        switch self {
        case .character(let character): return String(character)
        case .control(let letter): return "Ctrl-\(letter.uppercased())"
        default: return "mouse"
        }
    }

    /// - Returns: nil for what is no key.
    package init?(name: String) {
        if let named = Self.names.first(where: { $0.0.lowercased() == name.lowercased() }) {
            self = named.1
        } else if name.count == 1, let character = name.first {
            self = .character(character)
        } else if name.lowercased().hasPrefix("ctrl-"), name.count == 6, let letter = name.lowercased().last {
            self = .control(letter)
        } else {
            return nil
        }
    }

    /// Why no command may have it; nil where one may.
    var refusal: String? {
        guard case .control(let letter) = self, let reason = Self.taken[letter] else { return nil }
        return "\(name) \(reason)"
    }
}
