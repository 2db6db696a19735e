/// Rows and columns of a screen.
package struct FrameSize: Hashable, Sendable {
    /// Bounds on what a terminal may claim to be.
    static let most = (columns: 500, rows: 200)
    /// Below this nothing but the size that is needed is shown.
    static let least = (columns: 40, rows: 10)

    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = min(max(columns, 1), Self.most.columns)
        self.rows = min(max(rows, 1), Self.most.rows)
    }

    var isTooSmall: Bool { columns < Self.least.columns || rows < Self.least.rows }
    var hasLowerPane: Bool { rows >= 24 }
}
