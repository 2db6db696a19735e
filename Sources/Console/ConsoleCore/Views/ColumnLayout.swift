/// Where the columns of a table stand, when there is so much room.
struct ColumnLayout: Hashable, Sendable {
    struct Placed: Hashable, Sendable {
        var name: String
        var title: String
        var isRight: Bool
        var start: Int
        var width: Int
        /// Of the width, those for a bar.
        var bar: Int
    }

    /// For cursor and marks.
    static let gutter = 3
    /// What the column that takes the rest shall have at least.
    private static let leastRest = 14
    /// What it has at most where others follow: the eye must find the way along the row.
    private static let mostRest = 40

    private(set) var columns: [Placed] = []

    init(_ all: [Column], width: Int) {
        let gap = width >= 120 ? 2 : 1
        var kept = all
        func need() -> Int {
            Self.gutter
                + kept.reduce(0) { $0 + ($1.width == 0 ? Self.leastRest : $1.width) + ($1.bar > 0 ? $1.bar + 1 : 0) }
                + gap * (kept.count - 1)
        }
        while need() > width {
            // The lowest rank goes first, be it a column or a bar.
            let column = kept.indices.filter { kept[$0].dropRank != nil }.min {
                kept[$0].dropRank ?? 0 < kept[$1].dropRank ?? 0
            }
            let bar = kept.indices.filter { kept[$0].bar > 0 }.min { kept[$0].barRank ?? 0 < kept[$1].barRank ?? 0 }
            if let bar, (kept[bar].barRank ?? 0) < (column.flatMap { kept[$0].dropRank } ?? .max) {
                kept[bar].bar = 0
            } else if let column {
                kept.remove(at: column)
            } else {
                break
            }
        }
        let rest = max(6, width - (need() - Self.leastRest))
        var start = Self.gutter
        for (index, column) in kept.enumerated() {
            var own = column.width + (column.bar > 0 ? column.bar + 1 : 0)
            if column.width == 0 { own = index == kept.count - 1 ? rest : min(rest, Self.mostRest) }
            columns.append(
                Placed(
                    name: column.name, title: column.title, isRight: column.isRight, start: start, width: own,
                    bar: column.bar))
            start += own + gap
        }
    }
}
