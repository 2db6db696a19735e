import CNcurses
import ConsoleCore
import Glibc

/// The terminal as a screen of cells. Only one thread may use it.
package final class TerminalScreen {
    package let isUTF8: Bool
    private let setup: TerminalSetup
    private var palette: Palette
    private var painted: Frame?
    private var isOpen = true

    /// - Throws: where there is no terminal, or none that can show a screen; nothing was changed then.
    package init(_ setup: TerminalSetup) throws(TerminalFailure) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .noTerminal }
        let name = getenv("TERM").map { String(cString: $0) } ?? ""
        guard !["", "dumb", "unknown"].contains(name) else { throw .cannotAddress(name.isEmpty ? "unset" : name) }
        mct_remember(STDIN_FILENO)
        guard mct_start(setup.isMouseOn) else { throw .cannotAddress(name) }
        mct_guard()
        self.setup = setup
        isUTF8 = mct_is_utf8()
        palette = Palette(noColour: setup.noColour, theme: .mono)
    }

    package var size: FrameSize { FrameSize(columns: Int(mct_columns()), rows: Int(mct_rows())) }
    /// 0 for mono.
    package var colourCount: Int { palette.colours }

    /// Shows a picture; sends what differs from the one before.
    ///
    /// - Returns: roughly how many bytes that took.
    @discardableResult
    package func paint(_ frame: Frame, theme: Theme) -> Int {
        if palette.use(theme) { painted = nil }
        let before = painted?.size == frame.size ? painted : nil
        var bytes = 0
        for row in frame.rows.indices where row < Int(mct_rows()) {
            guard var stretch = Self.difference(before?.rows[row], frame.rows[row]) else { continue }
            stretch = stretch.clamped(to: 0..<Int(mct_columns()))
            bytes += write(frame.rows[row], stretch, row: row)
        }
        painted = frame
        if bytes > 0 || before == nil { wrefresh(mct_screen()) }
        return bytes
    }

    /// The columns from the first that differs to the last.
    private static func difference(_ before: [Cell]?, _ after: [Cell]) -> Range<Int>? {
        guard let before else { return 0..<after.count }
        guard var first = after.indices.first(where: { before[$0] != after[$0] }) else { return nil }
        var end = after.count
        while end > first, before[end - 1] == after[end - 1] { end -= 1 }
        // The right half of a wide character comes with its left half.
        while first > 0, after[first].character == nil { first -= 1 }
        return first..<end
    }

    private func write(_ cells: [Cell], _ columns: Range<Int>, row: Int) -> Int {
        var bytes = 8
        var start = columns.lowerBound
        while start < columns.upperBound {
            let style = cells[start].style
            var text = ""
            var end = start
            var isWide = false
            while end < columns.upperBound, joins(cells[end], style), !(isWide && cells[end].character != nil) {
                if let character = cells[end].character {
                    let isNext = end + 1 < cells.count && cells[end + 1].character == nil
                    // One that is wide stands alone: where terminals count otherwise, the next one is in its place again.
                    if isNext, end > start { break }
                    text += shown(character, isWide: isNext)
                    isWide = isNext
                }
                end += 1
            }
            let paint = palette.paint(of: style)
            mct_set_style(mct_screen(), paint.attributes, paint.pair)
            mct_write(mct_screen(), Int32(row), Int32(start), text, Int32(text.utf8.count))
            bytes += text.utf8.count + 6
            start = max(end, start + 1)
        }
        return bytes
    }

    /// Whether a cell can be written as part of a run: a blank looks the same in every colour, and need not change it.
    private func joins(_ cell: Cell, _ style: Style) -> Bool {
        if cell.style == style { return true }
        return cell.character == " " && palette.isPlain(cell.style) && palette.isPlain(style)
    }

    /// The character, or what stands for it where it cannot be shown.
    private func shown(_ character: Character, isWide: Bool) -> String {
        if character.isASCII { return String(character) }
        guard isUTF8, let scalar = character.unicodeScalars.first, mct_is_shown(scalar.value) else {
            return isWide ? "??" : "?"
        }
        return String(character)
    }

    /// Forgets what was painted: the next picture is sent whole.
    func forget() {
        painted = nil
        clearok(mct_screen(), true)
    }

    /// Takes the size that the terminal has now.
    func followSize() {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return }
        mct_resize(Int32(size.ws_row), Int32(size.ws_col))
        forget()
    }

    /// Gives the terminal to the shell until this is continued.
    func suspend() {
        mct_pause()
        mct_stop()
        resume()
    }

    /// After it was stopped: the terminal is as somebody else left it.
    func resume() {
        mct_resume()
        followSize()
    }

    /// Sends bytes of our own, as for the clipboard.
    func send(_ text: String) -> Bool { mct_put(text, text.utf8.count) }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        // endwin writes, and a terminal that takes nothing would hold up the end.
        if poll(&descriptor, 1, 200) == 1, descriptor.revents == Int16(POLLOUT) { mct_pause() }
        mct_restore()
    }
}
