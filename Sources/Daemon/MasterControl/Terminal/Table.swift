/// Rows that fit the terminal: columns are as wide as they need be, and the widest elastic ones give way.
struct Table {
    struct Column {
        var title: String
        var isRight = false
        /// May be cut where there is no room.
        var isElastic = false
    }

    struct Cell {
        var text: String
        var colour: Colour?

        init(_ text: String, _ colour: Colour? = nil) {
            self.text = SafeText.line(text)
            self.colour = colour
        }
    }

    private static let gap = 2
    private static let narrowest = 6
    let columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    func lines(on screen: TerminalScreen) -> [String] {
        let heads = columns.map { Cell($0.title, .heading) }
        let widths = widths(of: [heads] + rows, room: screen.width)
        return ([heads] + rows).map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let shown = TextWidth.cut(cell.text, to: widths[index])
                let padding = String(repeating: " ", count: max(0, widths[index] - TextWidth.columns(of: shown)))
                let painted = screen.paint(shown, cell.colour)
                if index > 0 { line += String(repeating: " ", count: Self.gap) }
                line += columns[index].isRight ? padding + painted : painted
                if !columns[index].isRight, index < row.count - 1 { line += padding }
            }
            return line
        }
    }

    private func widths(of rows: [[Cell]], room: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.map { index < $0.count ? TextWidth.columns(of: $0[index].text) : 0 }.max() ?? 0
        }
        guard let room else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - room
        while excess > 0 {
            let widest = columns.indices
                .filter { columns[$0].isElastic && widths[$0] > Self.narrowest }
                .max { widths[$0] < widths[$1] }
            guard let widest else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}

/// How much room text takes on a terminal.
enum TextWidth {
    static func columns(of text: String) -> Int { text.reduce(0) { $0 + columns(of: $1) } }

    /// The text, or as much of it as fits with `…` at its end.
    static func cut(_ text: String, to width: Int) -> String {
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

    private static func columns(of character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first, !character.isASCII else { return 1 }
        // East Asian wide and full-width ranges, and emoji.
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff,
            0x20000...0x3fffd,
        ]
        if scalar.properties.generalCategory == .nonspacingMark { return 0 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
}
