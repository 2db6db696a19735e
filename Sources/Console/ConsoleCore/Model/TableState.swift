/// What is shown of a table, and where the cursor is. Cursor and marks belong to names, never to rows.
struct TableState: Sendable {
    struct Sort: Hashable, Sendable {
        /// Name of a column.
        var column: String
        var isInverted = false
    }

    var cursor: String?
    /// The row at the top of the screen.
    var top = 0
    var marks: Set<String> = []
    var filter = ""
    /// nil: as the table itself has it.
    var sort: Sort?
    var problemsOnly = false
    /// Names, in the order they are shown.
    private(set) var rows: [String] = []
    /// Where in `rows` the cursor is.
    private(set) var index = 0
    private var arranged: (revision: Int, members: Int, second: Int64, query: Query)?

    private struct Query: Equatable {
        var filter: String
        var sort: Sort
        var problemsOnly: Bool
    }

    /// Brings the rows in order, if there is a reason to: another question at once, another answer once a second and
    /// not while the operator's hand is moving.
    mutating func arrange(
        _ source: any TableSource, revision: Int, members: Int, second: Int64, isHandMoving: Bool
    ) {
        let sort = sort ?? source.standardSort
        let query = Query(filter: filter, sort: sort, problemsOnly: problemsOnly)
        if let arranged, arranged.query == query {
            if arranged.revision == revision { return }
            let isDependent = source.isDataIn(sort: sort.column) || problemsOnly || !filter.isEmpty
            if arranged.members == members && !isDependent { return }
            if !rows.isEmpty && (isHandMoving || arranged.second == second) { return }
        }
        arranged = (revision, members, second, query)
        let pattern = SearchPattern(filter)
        var found = source.ids()
        if problemsOnly { found.removeAll { !source.isProblem($0) } }
        if !pattern.isEmpty { found.removeAll { !pattern.matches(source.searchText($0)) } }
        rows = Self.sorted(found, by: sort, of: source)
        place()
        marks.formIntersection(source.ids())
    }

    private static func sorted(_ ids: [String], by sort: Sort, of source: any TableSource) -> [String] {
        let keyed = ids.map { (id: $0, key: source.sortKey($0, sort.column)) }
        return keyed.sorted { a, b in
            // What is not known stands at the end either way.
            if a.key == .none || b.key == .none { return a.key == b.key ? a.id < b.id : b.key == .none }
            if a.key == b.key { return a.id < b.id }
            return sort.isInverted ? b.key < a.key : a.key < b.key
        }.map(\.id)
    }

    /// Finds the cursor's name again; where it is gone, its place.
    private mutating func place() {
        guard !rows.isEmpty else {
            index = 0
            return
        }
        if let cursor, let found = rows.firstIndex(of: cursor) {
            index = found
        } else {
            index = min(index, rows.count - 1)
            cursor = rows[index]
        }
    }

    mutating func move(to wanted: Int) {
        guard !rows.isEmpty else { return }
        index = max(0, min(wanted, rows.count - 1))
        cursor = rows[index]
    }

    /// To whatever is first once the rows are in order again.
    mutating func goToTop() {
        cursor = nil
        index = 0
    }

    mutating func move(by steps: Int) { move(to: index + steps) }

    mutating func select(_ name: String) {
        cursor = name
        if let found = rows.firstIndex(of: name) { index = found }
    }

    /// Has the cursor in sight of a window of so many rows.
    mutating func scroll(height: Int) {
        let height = max(1, height)
        if index < top { top = index }
        if index >= top + height { top = index - height + 1 }
        top = max(0, min(top, rows.count - height))
    }

    mutating func toggleMark() {
        guard let cursor, rows.indices.contains(index) else { return }
        if marks.remove(cursor) == nil { marks.insert(cursor) }
        move(by: 1)
    }

    /// The marked, in their order, or else the one under the cursor.
    var chosen: [String] {
        if marks.isEmpty { return rows.indices.contains(index) ? [rows[index]] : [] }
        return rows.filter(marks.contains) + marks.subtracting(rows).sorted()
    }

    mutating func forgetOrder() { arranged = nil }
}
