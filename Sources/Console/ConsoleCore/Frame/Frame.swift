import TerminalText

/// A whole screen of styled cells. What is written beyond an edge is cut off.
package struct Frame: Hashable, Sendable {
    package let size: FrameSize
    package private(set) var rows: [[Cell]]
    /// Whether what is not ASCII is written as `?`.
    private let isASCII: Bool

    package init(_ size: FrameSize, isASCII: Bool = false) {
        self.size = size
        self.isASCII = isASCII
        rows = Array(repeating: Array(repeating: .blank, count: size.columns), count: size.rows)
    }

    /// Writes text as it is, from a column on; control characters are shown, never passed on.
    ///
    /// - Parameter width: most columns it may take; what does not fit ends with `…`.
    /// - Returns: the column behind it.
    @discardableResult
    mutating func write(_ text: String, row: Int, column: Int, _ style: Style, width: Int? = nil) -> Int {
        guard rows.indices.contains(row), column < size.columns else { return column }
        let room = min(width ?? .max, size.columns - max(column, 0))
        guard room > 0 else { return column }
        var column = max(column, 0)
        if writePlain(text, row, &column, style, room) { return column }
        for character in TextWidth.cut(SafeText.line(text), to: room) {
            if isASCII, !character.isASCII {
                let width = TextWidth.columns(of: character)
                for _ in 0..<width { put(character == "…" ? "~" : "?", row, &column, style) }
            } else {
                put(Self.bounded(character), row, &column, style)
            }
        }
        return column
    }

    /// Almost all text is ASCII that fits, which needs no thought about widths.
    ///
    /// - Returns: false where it is not, and nothing was written.
    private mutating func writePlain(
        _ text: String, _ row: Int, _ column: inout Int, _ style: Style, _ room: Int
    ) -> Bool {
        var text = text
        let start = column
        let count: Int? = text.withUTF8 { bytes in
            guard bytes.count <= room, bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return nil }
            guard !rows[row][start..<start + bytes.count].contains(where: { $0.character == nil }) else { return nil }
            if start + bytes.count < size.columns, rows[row][start + bytes.count].character == nil { return nil }
            for (offset, byte) in bytes.enumerated() {
                rows[row][start + offset] = Cell(character: Self.ascii[Int(byte)], style: style)
            }
            return bytes.count
        }
        column += count ?? 0
        return count != nil
    }

    private static let ascii = (0..<128).map { Character(Unicode.Scalar(UInt8($0))) }

    @discardableResult
    mutating func write(_ text: String, row: Int, column: Int, _ role: Role, width: Int? = nil) -> Int {
        write(text, row: row, column: column, Style(role), width: width)
    }

    /// Writes text so that it ends before a column.
    mutating func write(_ text: String, row: Int, endingAt end: Int, _ role: Role) {
        let safe = SafeText.line(text)
        write(safe, row: row, column: max(0, end - TextWidth.columns(of: safe)), Style(role), width: end)
    }

    /// Fills a stretch of a row with a character of one column.
    mutating func fill(row: Int, from: Int = 0, to: Int? = nil, with character: Character = " ", _ style: Style) {
        guard rows.indices.contains(row) else { return }
        let start = max(from, 0)
        let end = min(to ?? size.columns, size.columns)
        guard start < end else { return }
        // Half of a wide character cannot stay.
        if rows[row][start].character == nil, start > 0 { rows[row][start - 1].character = " " }
        if end < size.columns, rows[row][end].character == nil { rows[row][end].character = " " }
        let cell = Cell(character: character, style: style)
        for column in start..<end { rows[row][column] = cell }
    }

    /// Lays a highlight over a stretch of a row, whatever is there.
    mutating func highlight(row: Int, from: Int = 0, to: Int? = nil, _ highlight: Style.Highlight) {
        guard rows.indices.contains(row) else { return }
        for column in max(from, 0)..<max(max(from, 0), min(to ?? size.columns, size.columns)) {
            rows[row][column].style.highlight = highlight
        }
    }

    /// A character of few scalars: a terminal need not bear a hundred accents, and joined emoji are drawn as their first,
    /// since terminals do not agree on how wide the whole is.
    private static func bounded(_ character: Character) -> Character {
        let scalars = character.unicodeScalars
        guard scalars.count > 1 else { return character }
        var kept = String.UnicodeScalarView()
        for scalar in scalars.prefix(4) {
            if scalar.value == 0x200d { break }
            if (0xfe00...0xfe0f).contains(scalar.value) || (0x1f3fb...0x1f3ff).contains(scalar.value) { continue }
            kept.append(scalar)
        }
        return String(kept).first ?? " "
    }

    private mutating func put(_ character: Character, _ row: Int, _ column: inout Int, _ style: Style) {
        let width = TextWidth.columns(of: character)
        guard width > 0, column + width <= size.columns else { return }
        // Half of a wide character cannot stay.
        if rows[row][column].character == nil, column > 0 { rows[row][column - 1].character = " " }
        if column + width < size.columns, rows[row][column + width].character == nil {
            rows[row][column + width].character = " "
        }
        rows[row][column] = Cell(character: character, style: style)
        if width == 2 { rows[row][column + 1] = Cell(character: nil, style: style) }
        column += width
    }

    /// How much room a text takes when it is written.
    static func columns(of text: String) -> Int { TextWidth.columns(of: SafeText.line(text)) }

    /// The characters of a row, without blanks at its end.
    package func text(row: Int) -> String {
        var text = String(rows[row].compactMap(\.character))
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The characters of all rows, for a file or a picture.
    package var text: String { rows.indices.map { text(row: $0) }.joined(separator: "\n") + "\n" }
}
