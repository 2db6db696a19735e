import TerminalText

/// A text that is read: a log, an output, what is known of a workload, the help.
struct TextState: Sendable {
    var buffer = TextBuffer()
    /// Number of the line at the top; nil: the end is shown and followed.
    var top: Int?
    var isWrapping = false
    /// Columns that a line has when it is wrapped.
    var width = 80
    var hasTimes = false
    /// `buffer.end` when reading further up began.
    var pausedAt = 0
    /// Number of the line with the match that was gone to.
    var match: Int?
    var saidEnd: String?
    var isLoading = false

    /// Puts another text in the place of this one, and stays where it was.
    mutating func replace(_ lines: [String]) {
        var next = TextBuffer()
        for line in lines { next.append(line, at: nil, isPaused: true) }
        next.setFilter(buffer.filter.text)
        next.setSearch(buffer.search.text)
        buffer = next
        isLoading = false
    }

    /// How many rows the line at a place takes.
    func rows(at place: Int) -> Int {
        guard isWrapping, let line = buffer[buffer.number(at: place)] else { return 1 }
        return max(1, (TextWidth.columns(of: SafeText.line(line.text)) + textWidth - 1) / textWidth)
    }

    static let timeWidth = 10
    var textWidth: Int { max(1, width - (hasTimes ? Self.timeWidth : 0)) }

    /// Place of the line at the top when the end is at the bottom.
    func lastTop(height: Int) -> Int {
        guard isWrapping else { return max(0, buffer.count - height) }
        var place = buffer.count
        var room = height
        while place > 0 {
            room -= rows(at: place - 1)
            if room < 0 { break }
            place -= 1
        }
        // One that is longer than the window is shown from its beginning.
        return min(place, max(0, buffer.count - 1))
    }

    /// Place of the line at the top, for a window of so many rows.
    func topPlace(height: Int) -> Int {
        let last = lastTop(height: height)
        guard let top else { return last }
        return min(buffer.place(of: top), last)
    }

    mutating func pause(height: Int) {
        guard top == nil else { return }
        pausedAt = buffer.end
        top = buffer.count == 0 ? buffer.first : buffer.number(at: topPlace(height: height))
    }

    /// - Parameter follows: whether reaching the end means to follow it again.
    mutating func scroll(by steps: Int, height: Int, follows: Bool) {
        let last = lastTop(height: height)
        let wanted = topPlace(height: height) + steps
        if follows, wanted >= last, steps > 0 {
            top = nil
            return
        }
        if top == nil && steps >= 0 && follows { return }
        pause(height: height)
        if buffer.count > 0 { top = buffer.number(at: max(0, min(wanted, max(0, min(last, buffer.count - 1))))) }
    }

    /// Goes to the next match behind, or in front of, the one that is shown.
    ///
    /// - Returns: false where nothing matches.
    mutating func find(backwards: Bool, height: Int) -> Bool {
        let matches = buffer.matches
        guard !matches.isEmpty else { return false }
        let here = match ?? (buffer.count == 0 ? 0 : buffer.number(at: topPlace(height: height)) - (backwards ? 0 : 1))
        let next =
            backwards
            ? matches.last { $0 < here } ?? matches[matches.count - 1] : matches.first { $0 > here } ?? matches[0]
        match = next
        let place = buffer.place(of: next)
        let now = topPlace(height: height)
        pause(height: height)
        if place < now || place >= now + height {
            top = buffer.number(at: max(0, min(place - (isWrapping ? 0 : height / 2), lastTop(height: height))))
        }
        return true
    }
}
