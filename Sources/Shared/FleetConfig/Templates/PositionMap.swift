/// Where the columns of rendered lines come from. Lines without a template have no entry.
struct PositionMap: Hashable, Sendable {
    /// One template of a line: columns count from 1, lengths are in Unicode scalars.
    struct Replacement: Hashable, Sendable {
        var originalColumn: Int
        var originalLength: Int
        var renderedColumn: Int
        var renderedLength: Int
    }

    private var replacements: [Int: [Replacement]] = [:]

    /// From left to right.
    mutating func add(_ replacement: Replacement, line: Int) {
        replacements[line, default: []].append(replacement)
    }

    /// What comes out of a template is at the place of the template.
    func original(_ position: Position) -> Position {
        guard let line = replacements[position.line] else { return position }
        var shift = 0
        for replacement in line where replacement.renderedColumn <= position.column {
            if position.column < replacement.renderedColumn + replacement.renderedLength {
                return Position(line: position.line, column: replacement.originalColumn)
            }
            shift += replacement.originalLength - replacement.renderedLength
        }
        return Position(line: position.line, column: max(position.column + shift, 1))
    }
}
