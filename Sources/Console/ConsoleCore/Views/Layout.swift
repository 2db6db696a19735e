/// Which rows of the screen are for what.
struct Layout: Hashable, Sendable {
    let size: FrameSize
    let screen: Place.Screen

    /// What comes after the header and before the rows of the table: counts, titles of columns.
    var tableTop: Int {
        switch screen {
        case .fleet: 3
        case .client: 4
        case .deployment: 4
        default: 2
        }
    }
    var footer: Int { size.rows - 1 }
    var messageRow: Int { size.rows - 2 }
    /// The row that says how many are shown and marked; screens of text say it further up.
    var statusRow: Int { size.rows - 3 }

    /// The first row of the lower pane: its title.
    var paneTop: Int? {
        guard size.hasLowerPane else { return nil }
        switch screen {
        case .fleet: return size.rows - 6
        case .client: return size.rows - 9
        case .deployments: return 2 + max(5, (size.rows - 6) / 3)
        default: return nil
        }
    }
    var tableRows: Int { max(1, (paneTop ?? statusRow) - tableTop) }
    /// Below the title of the pane, the bar, the batch and the titles of the columns.
    var detailTop: Int { (paneTop ?? 0) + 4 }
    var detailRows: Int { max(1, statusRow - detailTop) }

    /// A text begins below the line that says how it is shown, and ends above the line that says it is paused.
    var textTop: Int { 2 }
    var textRows: Int { max(1, statusRow - textTop) }
}
