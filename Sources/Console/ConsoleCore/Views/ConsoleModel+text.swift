import FleetModel
import TerminalText

/// Logs, output, help and what is known of a workload.
extension ConsoleModel {
    func drawText(_ frame: inout Frame) {
        let text = place.text
        let rows = layout.textRows
        let top = text.topPlace(height: rows)
        drawTextState(text, &frame)
        var row = layout.textTop
        let end = row + rows
        var place = top
        while row < end, place < text.buffer.count {
            let number = text.buffer.number(at: place)
            if let line = text.buffer[number] { draw(line, number, text, &row, end, &frame) }
            place += 1
        }
        if text.buffer.count == 0 {
            frame.write(
                text.isLoading
                    ? "loading ..." : text.buffer.filter.isEmpty ? "nothing yet" : "no line matches the filter",
                row: layout.textTop, column: 0, .dim)
        }
        if screen.isLog, text.top != nil {
            let new = max(0, text.buffer.end - text.pausedAt)
            let key = options.keymap.name(of: .bottom)
            drawRule(
                layout.statusRow, "PAUSED: \(DisplayFormat.plural(new, "new line")) below - \(key) to resume",
                role: .warn,
                &frame)
        } else if !screen.isLog, text.buffer.count > rows {
            let last = min(text.buffer.count, place)
            frame.write("\(last)/\(text.buffer.count)", row: layout.statusRow, endingAt: size.columns - 1, .dim)
        }
    }

    private func draw(
        _ line: TextBuffer.Line, _ number: Int, _ text: TextState, _ row: inout Int, _ end: Int, _ frame: inout Frame
    ) {
        let start = screen.isLog && text.hasTimes ? TextState.timeWidth : 0
        if start > 0, let arrival = line.arrival {
            frame.write(DisplayFormat.clock(arrival), row: row, column: 0, .logTime)
        }
        let safe = SafeText.line(line.text)
        let style = Style(role(of: line.text))
        let width = max(1, size.columns - start)
        let pieces = text.isWrapping ? Self.wrapped(safe, width) : [safe]
        var places = text.buffer.search.places(in: safe)[...]
        var offset = 0
        for piece in pieces {
            guard row < end else { return }
            frame.write(piece, row: row, column: start, style, width: width)
            let bytes = piece.utf8.count
            for place in places where place.lowerBound < offset + bytes && place.upperBound > offset {
                let from = columns(of: piece, upTo: place.lowerBound - offset)
                let to = columns(of: piece, upTo: place.upperBound - offset)
                frame.highlight(
                    row: row, from: start + from, to: min(start + to, size.columns),
                    text.match == number ? .cursor : .match)
            }
            places = places.drop { $0.upperBound <= offset + bytes }
            offset += bytes
            row += 1
        }
    }

    private func columns(of text: String, upTo bytes: Int) -> Int {
        guard bytes > 0 else { return 0 }
        return TextWidth.columns(of: String(decoding: text.utf8.prefix(bytes), as: UTF8.self))
    }

    /// Headings of help and info stand out.
    private func role(of line: String) -> Role {
        guard screen == .help || screen.isInfo, let first = line.first, first != " " else { return .log }
        return .title
    }

    static func wrapped(_ text: String, _ width: Int) -> [String] {
        guard text.utf8.count > width else { return [text] }
        var pieces: [String] = []
        var piece = ""
        var used = 0
        for character in text {
            let next = TextWidth.columns(of: character)
            if used + next > width {
                pieces.append(piece)
                piece = ""
                used = 0
            }
            piece.append(character)
            used += next
        }
        return pieces + (piece.isEmpty && !pieces.isEmpty ? [] : [piece])
    }

    private func drawTextState(_ text: TextState, _ frame: inout Frame) {
        var column = 1
        func write(_ words: String, _ role: Role = .dim) {
            column = frame.write(words, row: 1, column: column, role) + 2
        }
        let buffer = text.buffer
        if screen.isLog {
            write(text.top == nil ? "FOLLOW" : "FOLLOW paused", text.top == nil ? .ok : .warn)
            write("wrap \(text.isWrapping ? "on" : "off")")
            if text.hasTimes { write("times of arrival") }
        }
        write(DisplayFormat.plural(buffer.lines.count, "line") + (buffer.first > 0 ? " (\(buffer.first) dropped)" : ""))
        if !buffer.filter.isEmpty { write("filter '\(buffer.filter.text)': \(buffer.count)", .info) }
        if let end = text.saidEnd { write(end, .warn) }
        if !buffer.search.isEmpty {
            let index = text.match.flatMap { match in buffer.matches.firstIndex(of: match) }.map { "\($0 + 1)/" } ?? ""
            frame.write(
                " find: \(buffer.search.text) \(index)\(buffer.matches.count)", row: 1, endingAt: size.columns - 1,
                buffer.matches.isEmpty ? .warn : .info)
        }
    }
}
