/// One column of one row.
package struct Cell: Hashable, Sendable {
    /// nil: the right half of the wide character to the left.
    package var character: Character?
    package var style: Style

    package static let blank = Cell(character: " ", style: Style(.text))
}

/// How a cell looks: what it means, and whether the cursor or a mark lies on it.
package struct Style: Hashable, Sendable {
    package var role: Role
    /// Drawn over the role's own background.
    package var highlight: Highlight

    package enum Highlight: UInt8, Sendable { case none, cursor, match }

    package init(_ role: Role, _ highlight: Highlight = .none) {
        self.role = role
        self.highlight = highlight
    }
}
