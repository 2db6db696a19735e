import FleetModel

/// Lines of a log or another text, the newest at the end, bounded; each has a number that stays its own.
struct TextBuffer: Sendable {
    struct Line: Sendable {
        var text: String
        /// nil where it was there before anybody looked.
        var arrival: Timestamp?
    }

    /// Lines and bytes that are kept while the end is shown, and while the operator reads further up.
    static let usual = (lines: 5_000, bytes: 4 << 20)
    static let paused = (lines: 50_000, bytes: 16 << 20)
    static let longestLine = 4096

    private(set) var lines: [Line] = []
    private(set) var bytes = 0
    /// Number of the first line that is still there; as many were dropped.
    private(set) var first = 0
    /// Numbers of the lines that the filter lets through; nil without a filter.
    private(set) var shown: [Int]?
    private(set) var filter = SearchPattern("")
    private(set) var search = SearchPattern("")
    /// Numbers of lines that are shown and have what is searched.
    private(set) var matches: [Int] = []

    var end: Int { first + lines.count }
    /// How many lines the filter lets through.
    var count: Int { shown?.count ?? lines.count }

    subscript(number: Int) -> Line? { lines.indices.contains(number - first) ? lines[number - first] : nil }

    /// Number of the line at a place among those that are shown.
    func number(at place: Int) -> Int { shown.map { $0[place] } ?? first + place }

    /// The place of a line among those that are shown, or that of the next one behind it.
    func place(of number: Int) -> Int {
        guard let shown else { return min(max(number - first, 0), lines.count) }
        var (low, high) = (0, shown.count)
        while low < high {
            let middle = (low + high) / 2
            if shown[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func append(_ text: String, at arrival: Timestamp?, isPaused: Bool) {
        // Cut between characters, so that none is torn.
        let text = text.utf8.count > Self.longestLine ? String(text.prefix(Self.longestLine / 4)) + "…" : text
        let number = end
        lines.append(Line(text: text, arrival: arrival))
        bytes += text.utf8.count + 64
        if shown != nil, filter.matches(text) { shown?.append(number) }
        if !search.isEmpty, filter.matches(text), search.matches(text) { matches.append(number) }
        let most = isPaused ? Self.paused : Self.usual
        if lines.count > most.lines + most.lines / 8 || bytes > most.bytes + most.bytes / 8 { trim(to: most) }
    }

    private mutating func trim(to most: (lines: Int, bytes: Int)) {
        var drop = max(0, lines.count - most.lines)
        var freed = lines.prefix(drop).reduce(0) { $0 + $1.text.utf8.count + 64 }
        while bytes - freed > most.bytes, drop < lines.count - 1 {
            freed += lines[drop].text.utf8.count + 64
            drop += 1
        }
        lines.removeFirst(drop)
        bytes -= freed
        first += drop
        shown = shown.map { Array($0.drop { $0 < first }) }
        matches = Array(matches.drop { $0 < first })
    }

    mutating func setFilter(_ text: String) {
        filter = SearchPattern(text)
        shown = filter.isEmpty ? nil : numbers { filter.matches($0) }
        setSearch(search.text)
    }

    mutating func setSearch(_ text: String) {
        search = SearchPattern(text)
        matches = search.isEmpty ? [] : numbers { filter.matches($0) && search.matches($0) }
    }

    private func numbers(_ matches: (String) -> Bool) -> [Int] {
        lines.indices.filter { matches(lines[$0].text) }.map { $0 + first }
    }
}
