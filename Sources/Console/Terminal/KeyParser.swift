import ConsoleCore

/// Makes keys of what curses reads. What it does not know is swallowed whole: the letters of an unknown sequence must
/// not be taken for commands.
struct KeyParser: Sendable {
    enum Input: Hashable, Sendable {
        case character(Unicode.Scalar)
        /// One that curses knows.
        case key(Key?)
    }

    static let longestPaste = 4096
    private static let longestSequence = 64

    private enum State: Hashable {
        case ground, escape
        /// Behind `ESC [`, with what has come of it.
        case sequence([Unicode.Scalar])
        /// Behind `ESC O`.
        case single
        case paste(end: Int)
    }

    private var state = State.ground
    private var pasted = ""
    private static let pasteEnd: [Unicode.Scalar] = ["\u{1B}", "[", "2", "0", "1", "~"]

    /// Whether the end of something is still to come.
    var isInside: Bool { state != .ground }
    var isPasting: Bool { if case .paste = state { true } else { false } }

    mutating func parse(_ input: Input) -> Key? {
        guard case .character(let scalar) = input else {
            if case .paste = state { return nil }
            state = .ground
            if case .key(let key) = input { return key }
            return nil
        }
        switch state {
        case .ground:
            if scalar == "\u{1B}" {
                state = .escape
                return nil
            }
            return Self.key(scalar)
        case .escape:
            switch scalar {
            case "[": state = .sequence([])
            case "O": state = .single
            case "\u{1B}": return .escape
            default: state = .ground
            }
            return nil
        case .single:
            state = .ground
            return nil
        case .sequence(let before):
            if (0x40...0x7e).contains(scalar.value) {
                state = .ground
                if before == ["2", "0", "0"], scalar == "~" {
                    state = .paste(end: 0)
                    pasted = ""
                }
            } else {
                state = before.count < Self.longestSequence ? .sequence(before + [scalar]) : .ground
            }
            return nil
        case .paste(let matched):
            if scalar == Self.pasteEnd[matched] {
                guard matched + 1 == Self.pasteEnd.count else {
                    state = .paste(end: matched + 1)
                    return nil
                }
                return end()
            }
            for held in Self.pasteEnd.prefix(matched) { keep(held) }
            state = .paste(end: scalar == Self.pasteEnd[0] ? 1 : 0)
            if scalar != Self.pasteEnd[0] { keep(scalar) }
            return nil
        }
    }

    private mutating func keep(_ scalar: Unicode.Scalar) {
        if pasted.utf8.count < Self.longestPaste { pasted.unicodeScalars.append(scalar) }
    }

    private mutating func end() -> Key? {
        state = .ground
        defer { pasted = "" }
        return .paste(pasted)
    }

    /// Nothing more has come for a while.
    mutating func flush() -> Key? {
        defer { state = .ground }
        switch state {
        case .escape: return .escape
        case .paste: return end()
        default: return nil
        }
    }

    private static func key(_ scalar: Unicode.Scalar) -> Key? {
        switch scalar.value {
        case 10, 13: .enter
        case 9: .tab
        case 8, 127: .backspace
        case 1...26: .control(Character(Unicode.Scalar(UInt8(scalar.value + 96))))
        case 28: .control("\\")
        case 0...31, 0x80...0x9f: nil
        default: .character(Character(scalar))
        }
    }
}
