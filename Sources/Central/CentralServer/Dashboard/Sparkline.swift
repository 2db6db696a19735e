/// A series as an SVG path in a box of 60 by 20.
enum Sparkline {
    private static let height = 20

    /// - Parameter series: percents, one a minute, the oldest first; nil where nothing was known, which is a gap.
    /// - Returns: nil where there is too little to draw.
    ///
    /// What lies on a level stretch is left out: most series are level, and a page has hundreds.
    static func path(_ series: [UInt8?]) -> String? {
        let levels = series.map { $0.map { height - Int($0) * height / 100 } }
        var path = ""
        var isDrawn = false
        for (place, level) in levels.enumerated() {
            guard let level else { continue }
            let before = place > 0 ? levels[place - 1] : nil
            let after = place + 1 < levels.count ? levels[place + 1] : nil
            if before == level, after == level { continue }
            // A pair of numbers behind another is a line to there.
            path += before == nil ? "M\(place) \(level)" : " \(place) \(level)"
            isDrawn = isDrawn || before != nil
        }
        return isDrawn ? path : nil
    }
}
