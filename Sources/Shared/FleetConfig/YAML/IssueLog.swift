import FleetModel

/// Gathers what is wrong in one file.
struct IssueLog {
    let file: String
    /// Places in the text as it was rendered become places in the file.
    var map = PositionMap()
    private(set) var issues: [ConfigIssue] = []

    /// A file can be wrong in more ways than anybody wants to read.
    static let most = 100

    init(file: String) { self.file = file }

    var isEmpty: Bool { issues.isEmpty }
    /// Nothing more is kept, so that it need not be put into words either.
    var isFull: Bool { issues.count > Self.most }

    mutating func report(_ message: String, at position: Position) {
        append(message, at: map.original(position))
    }

    /// Reports about the file as a whole.
    mutating func reportFile(_ message: String) { append(message, at: Position(line: 0, column: 0)) }

    private mutating func append(_ message: String, at position: Position) {
        guard !isFull else { return }
        let shown = issues.count == Self.most ? "there is more; repair the errors above first" : message
        issues.append(ConfigIssue(file: file, line: position.line, column: position.column, message: shown))
    }
}

/// A text from a file as a message may show it: short, on one line, without control characters.
func excerpt(_ text: String, upTo most: Int = 48) -> String {
    let shown = text.unicodeScalars.prefix(most)
        .map { $0.isPrintable ? String($0) : "?" }
        .joined()
    return text.unicodeScalars.count > most ? shown + "…" : shown
}

extension Unicode.Scalar {
    /// False for line separators and what changes the direction of writing.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
