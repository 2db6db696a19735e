/// One line that is typed, with the usual keys of a shell.
struct LineEditor: Hashable, Sendable {
    static let longest = 200

    private(set) var characters: [Character] = []
    private(set) var cursor = 0

    init(_ text: String = "") {
        characters = Array(text.prefix(Self.longest))
        cursor = characters.count
    }

    var text: String { String(characters) }

    /// - Returns: false for a key that is not about the line.
    mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .character(let character):
            guard characters.count < Self.longest else { return true }
            characters.insert(character, at: cursor)
            cursor += 1
        case .backspace, .control("h"):
            if cursor > 0 {
                cursor -= 1
                characters.remove(at: cursor)
            }
        case .delete, .control("d"): if cursor < characters.count { characters.remove(at: cursor) }
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home: cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .control("u"):
            characters.removeFirst(cursor)
            cursor = 0
        case .control("k"): characters.removeLast(characters.count - cursor)
        case .control("w"):
            while cursor > 0, characters[cursor - 1] == " " { removeBefore() }
            while cursor > 0, characters[cursor - 1] != " " { removeBefore() }
        default: return false
        }
        return true
    }

    private mutating func removeBefore() {
        cursor -= 1
        characters.remove(at: cursor)
    }
}
