/// How a role looks.
package struct Look: Hashable, Sendable {
    package var foreground: Colour = .standard
    package var background: Colour = .standard
    package var isBold = false
    package var isDim = false
    package var isUnderlined = false
    package var isReversed = false

    package init() {}

    struct Problem: Error {
        var message: String
    }

    /// Reads `bold red on black`.
    init(_ text: String, palette: [String: Colour]) throws(Problem) {
        var isBackground = false
        for word in text.split(separator: " ").map(String.init) {
            switch word {
            case "bold": isBold = true
            case "dim": isDim = true
            case "underline": isUnderlined = true
            case "reverse": isReversed = true
            case "on": isBackground = true
            default:
                guard let colour = palette[word] ?? Colour(word) else {
                    throw Problem(
                        message: "'\(word)' is no colour: write one of the palette, 'red', 'bright_red', '#rrggbb', "
                            + "'default', or bold, dim, underline, reverse")
                }
                if isBackground { background = colour } else { foreground = colour }
                isBackground = false
            }
        }
        guard !isBackground else { throw Problem(message: "there is no colour behind 'on'") }
    }
}
