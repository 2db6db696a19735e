import CNcurses
import ConsoleCore

/// The keys of curses.
struct KeyReader {
    static let mostAtOnce = 200

    private var parser = KeyParser()

    var isInside: Bool { parser.isInside }
    var isPasting: Bool { parser.isPasting }

    /// All keys that are there.
    ///
    /// - Returns: nil where nothing at all could be read.
    mutating func read() -> [Key]? {
        var keys: [Key] = []
        var code: UInt32 = 0
        var count = 0
        // A paste is read to its end, as the rest of it must not be taken for keys.
        while count < Self.mostAtOnce || parser.isPasting, count < 100_000 {
            let kind = mct_key(&code)
            guard kind != 0 else { break }
            count += 1
            let input: KeyParser.Input =
                kind == 2 ? .key(Self.key(Int32(code))) : .character(Unicode.Scalar(code) ?? " ")
            if let key = parser.parse(input) { keys.append(key) }
        }
        return count == 0 ? nil : keys
    }

    /// What was begun and has not gone on.
    mutating func flush() -> Key? { parser.flush() }

    private static func key(_ code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_HOME, KEY_FIND: .home
        case KEY_END, KEY_SELECT: .end
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_ENTER: .enter
        case KEY_BTAB: .backTab
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_MOUSE: mouse()
        default: nil
        }
    }

    private static func mouse() -> Key? {
        var event = MEVENT()
        guard getmouse(&event) == OK else { return nil }
        func key(_ kind: Key.Mouse) -> Key { .mouse(row: Int(event.y), column: Int(event.x), kind) }
        if mct_is_wheel_up(event.bstate) { return key(.wheelUp) }
        if mct_is_wheel_down(event.bstate) { return key(.wheelDown) }
        if mct_is_double(event.bstate) { return key(.doublePress) }
        return mct_is_press(event.bstate) ? key(.press) : nil
    }
}
