/// Which columns of a table are shown and how wide, where there may be less room than they would like.
struct TableLayout: Hashable, Sendable {
    struct Column: Hashable, Sendable {
        /// What its widest cell takes.
        var width: Int
        /// What it can be cut down to; nil where cutting would make it wrong, as a number.
        var narrowest: Int?
        /// Columns with the lowest go first; nil stays.
        var importance: Int?

        /// What it takes at the least.
        var least: Int { min(width, narrowest ?? width) }
    }

    struct Place: Hashable, Sendable {
        /// Which column.
        var index: Int
        var width: Int
    }

    static let gap = 2
    private static let tiniest = 4
    let columns: [Column]

    /// The columns that are shown, from the left.
    ///
    /// - Parameter room: columns of the terminal; nil where there is none.
    func places(in room: Int?) -> [Place] {
        guard let room else { return columns.indices.map { Place(index: $0, width: columns[$0].width) } }
        var shown = Array(columns.indices)
        while need(of: shown, \.least) > room, let next = leastImportant(of: shown) {
            shown.removeAll { $0 == next }
        }
        var excess = need(of: shown, \.width) - room
        var widths = shown.map { columns[$0].width }
        // What stands further right is said in more words and can do with fewer. Where nothing is left to leave out,
        // a few letters of each have to do.
        for floor in [nil, Self.tiniest] {
            for position in shown.indices.reversed() where excess > 0 {
                let column = columns[shown[position]]
                let least = column.narrowest == nil ? column.least : min(column.least, floor ?? column.least)
                let less = min(excess, widths[position] - least)
                widths[position] -= less
                excess -= less
            }
        }
        return zip(shown, widths).map { Place(index: $0, width: $1) }
    }

    private func leastImportant(of shown: [Int]) -> Int? {
        shown.filter { columns[$0].importance != nil }
            .min { (columns[$0].importance ?? 0) < (columns[$1].importance ?? 0) }
    }

    private func need(of shown: [Int], _ width: KeyPath<Column, Int>) -> Int {
        shown.reduce(0) { $0 + columns[$1][keyPath: width] } + Self.gap * max(0, shown.count - 1)
    }
}
