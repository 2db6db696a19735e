/// Where the columns of rendered lines come from. Lines without a template have no entry.
struct PositionMap: Hashable, Sendable {
    /// One template of a line: columns count from 1, lengths are in Unicode scalars.
    struct Replacement: Hashable, Sendable {
        var originalColumn: Int
        var originalLength: Int
        var renderedColumn: Int
        var renderedLength: Int
    }

    private struct Placed: Hashable, Sendable {
        var replacement: Replacement
        /// How far what stands behind it has moved to the left.
        var shift: Int
    }

    private var replacements: [Int: [Placed]] = [:]

    /// From left to right.
    mutating func add(_ replacement: Replacement, line: Int) {
        let before = replacements[line]?.last?.shift ?? 0
        let shift = before + replacement.originalLength - replacement.renderedLength
        replacements[line, default: []].append(Placed(replacement: replacement, shift: shift))
    }

    /// What comes out of a template is at the place of the template.
    func original(_ position: Position) -> Position {
        guard let line = replacements[position.line] else { return position }
        // The first that stands behind the place; a line may have very many.
        var (low, high) = (0, line.count)
        while low < high {
            let middle = (low + high) / 2
            if line[middle].replacement.renderedColumn <= position.column { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return position }
        // One of no length may stand at the same column, behind the one that the place is in.
        var index = low - 1
        while index > 0, line[index].replacement.renderedLength == 0,
            line[index - 1].replacement.renderedColumn == line[index].replacement.renderedColumn
        { index -= 1 }
        let found = line[index].replacement
        if position.column < found.renderedColumn + found.renderedLength {
            return Position(line: position.line, column: found.originalColumn)
        }
        return Position(line: position.line, column: max(position.column + line[low - 1].shift, 1))
    }
}
