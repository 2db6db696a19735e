/// What a table shows, by the names of its rows.
protocol TableSource {
    /// In their order.
    var columns: [Column] { get }
    var standardSort: TableState.Sort { get }
    func ids() -> [String]
    func cell(_ id: String, _ column: String) -> TableCell
    /// Those of one row; for those who can look its subject up once for all of them.
    func cells(_ id: String, _ columns: [String]) -> [TableCell]
    func sortKey(_ id: String, _ column: String) -> SortKey
    /// What a filter looks in.
    func searchText(_ id: String) -> String
    func isProblem(_ id: String) -> Bool
    /// Whether the order by a column can change while the rows stay the same.
    func isDataIn(sort column: String) -> Bool
}

extension TableSource {
    func cells(_ id: String, _ columns: [String]) -> [TableCell] { columns.map { cell(id, $0) } }
    func isDataIn(sort column: String) -> Bool { column != standardSort.column }
}

struct Column: Hashable, Sendable {
    var name: String
    var title: String
    /// In columns of the screen; 0 for what is left over.
    var width: Int
    var isRight = false
    /// The lowest goes first where there is no room; nil stays.
    var dropRank: Int?
    /// A bar of so many columns beside the number.
    var bar = 0
    /// Rank by which the bar goes.
    var barRank: Int?
}

struct TableCell: Hashable, Sendable {
    var text: String
    var role: Role
    /// 0 to 100, for a bar.
    var percent: Double?

    init(_ text: String, _ role: Role = .text, percent: Double? = nil) {
        self.text = text
        self.role = role
        self.percent = percent
    }

    static let unknown = TableCell("-", .dim)
}

enum SortKey: Hashable, Comparable, Sendable {
    case number(Double)
    case text(String)
    case none

    init(_ number: Double?) { self = number.map(SortKey.number) ?? .none }
}
