import CNcurses
import ConsoleCore

/// Attributes and colour pairs of curses for what a theme says.
struct Palette {
    struct Paint: Hashable {
        var attributes: attr_t
        var pair: Int32
    }

    /// 0: attributes alone.
    let colours: Int
    private let mostPairs: Int32
    private var theme: Theme
    private var paints: [Style: Paint] = [:]
    private var pairs: [Pair: Int32] = [:]

    private struct Pair: Hashable {
        var foreground: Int32
        var background: Int32
    }

    init(noColour: Bool, theme: Theme) {
        colours = noColour ? 0 : Int(mct_colors()) >= 8 ? Int(mct_colors()) : 0
        mostPairs = min(max(mct_pairs(), 1), 4096)
        self.theme = theme
    }

    /// - Returns: whether anything may look different now.
    mutating func use(_ theme: Theme) -> Bool {
        guard theme != self.theme else { return false }
        self.theme = theme
        paints = [:]
        pairs = [:]
        return true
    }

    mutating func paint(of style: Style) -> Paint {
        if let known = paints[style] { return known }
        let paint = make(look(of: style))
        paints[style] = paint
        return paint
    }

    /// Whether a blank in it is a blank and nothing else.
    func isPlain(_ style: Style) -> Bool {
        let look = look(of: style)
        return look.background == .standard && !look.isReversed && !look.isUnderlined
    }

    private func look(of style: Style) -> Look {
        let theme = colours == 0 ? Theme.mono : theme
        let own = theme.look(of: style.role)
        switch style.highlight {
        case .none: return own
        case .match: return theme.look(of: .match)
        case .cursor:
            var look = theme.look(of: .cursor)
            // Good and bad stay what they are under the cursor, where there is a background to show it.
            if !look.isReversed, look.background != .standard, Self.keepsColour.contains(style.role) {
                look.foreground = own.foreground
            }
            look.isBold = look.isBold || own.isBold
            return look
        }
    }

    private static let keepsColour: Set<Role> = [.warn, .bad, .barMid, .barHigh]

    private mutating func make(_ look: Look) -> Paint {
        var attributes: attr_t = 0
        if look.isBold { attributes |= mct_bold() }
        if look.isDim { attributes |= mct_dim() }
        if look.isUnderlined { attributes |= mct_underline() }
        if look.isReversed { attributes |= mct_reverse() }
        guard colours > 0 else { return Paint(attributes: attributes, pair: 0) }
        let foreground = number(of: look.foreground)
        let background = number(of: look.background)
        // A terminal with eight colours has no bright ones: bold stands for them.
        if colours < 16, case .terminal(let index) = look.foreground, index >= 8 { attributes |= mct_bold() }
        return Paint(attributes: attributes, pair: pair(foreground, background))
    }

    private func number(of colour: Colour) -> Int32 {
        // The first eight numbers of a terminal with all colours are the usual eight.
        if colours >= 1 << 24, case .terminal(let index) = colour { return Int32(index % 8) }
        return Int32(colour.number(of: colours))
    }

    private mutating func pair(_ foreground: Int32, _ background: Int32) -> Int32 {
        guard foreground >= 0 || background >= 0 else { return 0 }
        let wanted = Pair(foreground: foreground, background: background)
        if let known = pairs[wanted] { return known }
        let next = Int32(pairs.count) + 1
        guard next < mostPairs, init_extended_pair(next, foreground, background) == OK else { return 0 }
        pairs[wanted] = next
        return next
    }
}
