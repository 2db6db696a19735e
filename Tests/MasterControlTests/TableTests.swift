import TerminalText
import Testing

@testable import MasterControl

@Suite("A table")
struct TableTests {
    static let columns = [
        Table.Column(title: "NAME", narrowest: 6), Table.Column(title: "STATUS"),
        Table.Column(title: "PID", isRight: true, importance: 2),
        Table.Column(title: "CPU", isRight: true, importance: 1),
        Table.Column(title: "LAST ERROR", narrowest: 10, importance: 3),
    ]

    static func table(_ rows: [String]...) -> Table {
        var table = Table(columns)
        table.rows = rows.map { $0.map { Table.Cell($0) } }
        return table
    }

    static let full = table(
        ["collector", "running", "12", "1.5%", "exited with status 3"], ["b", "failed", "7", "-", ""])

    @Test("is as wide as its content where there is no terminal, and no line ends with blanks")
    func noTerminal() {
        #expect(
            Self.full.lines(on: TerminalScreen(width: nil, hasColour: false)) == [
                "NAME       STATUS   PID   CPU  LAST ERROR",
                "collector  running   12  1.5%  exited with status 3",
                "b          failed     7     -",
            ])
    }

    @Test("cuts what is said in words, the rightmost first")
    func cuts() {
        #expect(
            Self.full.lines(on: TerminalScreen(width: 42, hasColour: false)) == [
                "NAME       STATUS   PID   CPU  LAST ERROR",
                "collector  running   12  1.5%  exited wit…",
                "b          failed     7     -",
            ])
    }

    @Test("leaves out what matters least, never the names")
    func leavesOut() {
        let narrow = Self.full.lines(on: TerminalScreen(width: 15, hasColour: false))
        #expect(narrow == ["NAME    STATUS", "colle…  running", "b       failed"])
    }

    @Test("leaves out a column that says nothing before one that says something")
    func emptyFirst() {
        let table = Self.table(["a", "running", "-", "1%", ""])
        let lines = table.lines(on: TerminalScreen(width: 20, hasColour: false))
        #expect(lines == ["NAME  STATUS   CPU", "a     running   1%"])
    }

    @Test("fits every width from the tiniest on", arguments: 13...120)
    func fits(_ width: Int) {
        for line in Self.full.lines(on: TerminalScreen(width: width, hasColour: false)) {
            #expect(TextWidth.columns(of: line) <= width, "\(line)")
        }
    }

    @Test("colours take no room, and lie around the text alone")
    func colours() {
        var table = Table([Table.Column(title: "A"), Table.Column(title: "B")])
        table.rows = [[Table.Cell("x", .good), Table.Cell("y")]]
        let lines = table.lines(on: TerminalScreen(width: 80, hasColour: true))
        #expect(lines == ["\u{1B}[1mA\u{1B}[0m  \u{1B}[1mB\u{1B}[0m", "\u{1B}[32mx\u{1B}[0m  y"])
    }

    @Test("a cell cannot steer the terminal")
    func hostile() {
        let lines = Self.table(["a\u{1B}[2J\nb", "", "", "", ""]).lines(on: TerminalScreen(width: 80, hasColour: true))
        #expect(lines.last == "a\u{FFFD}[2J b")
    }
}
