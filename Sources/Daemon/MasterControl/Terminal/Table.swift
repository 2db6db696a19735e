import TerminalText

/// Rows that fit the terminal. Where there is not enough room, columns are cut and then left out.
struct Table {
    struct Column {
        var title: String
        var isRight = false
        /// What it may be cut down to.
        var narrowest: Int?
        /// Columns with the lowest are left out first; nil stays.
        var importance: Int?
    }

    struct Cell {
        var text: String
        var colour: Colour?

        /// - Parameter text: from wherever; what could steer a terminal is replaced.
        init(_ text: String, _ colour: Colour? = nil) {
            self.text = SafeText.line(text)
            self.colour = colour
        }
    }

    let columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    func lines(on screen: TerminalScreen) -> [String] {
        let heads = columns.map { Cell($0.title, .heading) }
        let places = TableLayout(columns: columns.indices.map(measured)).places(in: screen.width)
        return ([heads] + rows).map { row in
            var line = ""
            var blanks = 0
            for place in places where place.index < row.count {
                let cell = row[place.index]
                let shown = TextWidth.cut(cell.text, to: place.width)
                let padding = max(0, place.width - TextWidth.columns(of: shown))
                if columns[place.index].isRight { blanks += padding }
                // Blanks are only written before something, so that no line ends with them.
                if !shown.isEmpty {
                    line += String(repeating: " ", count: blanks) + screen.paint(shown, cell.colour)
                    blanks = 0
                }
                if !columns[place.index].isRight { blanks += padding }
                blanks += TableLayout.gap
            }
            return line
        }
    }

    private func measured(_ index: Int) -> TableLayout.Column {
        let column = columns[index]
        let cells = rows.compactMap { index < $0.count ? $0[index].text : nil }
        let isEmpty = cells.allSatisfy { $0.isEmpty || $0 == "-" }
        let width = cells.reduce(TextWidth.columns(of: column.title)) { max($0, TextWidth.columns(of: $1)) }
        return TableLayout.Column(
            width: width, narrowest: column.narrowest,
            // One that says nothing goes before any that says something.
            importance: column.importance.map { isEmpty ? $0 - 100 : $0 })
    }
}
