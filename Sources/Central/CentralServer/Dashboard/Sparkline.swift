/// A series as an SVG path in a box of 60 by 20.
enum Sparkline {
    private static let height = 20

    /// Points within a level stretch are left out: most series are level, and a page has hundreds of them.
    ///
    /// - Parameter series: percents, one a minute, the oldest first; nil where nothing was known, which is a gap.
    /// - Returns: nil where there is too little to draw.
    static func path(_ series: [UInt8?]) -> String? {
        let levels = series.map { $0.map { height - Int($0) * height / 100 } }
        var path = ""
        var isDrawn = false
        for (place, level) in levels.enumerated() {
            guard let level else { continue }
            let before = place > 0 ? levels[place - 1] : nil
            let after = place + 1 < levels.count ? levels[place + 1] : nil
            if before == level, after == level { continue }
            // In SVG, a pair of numbers behind another one is a line to that place.
            path += before == nil ? "M\(place) \(level)" : " \(place) \(level)"
            isDrawn = isDrawn || before != nil
        }
        return isDrawn ? path : nil
    }
}
