/// The characters that lines and bars are drawn with.
struct Glyphs: Hashable, Sendable {
    var horizontal: Character = "─"
    var vertical: Character = "│"
    var topLeft: Character = "┌"
    var topRight: Character = "┐"
    var bottomLeft: Character = "└"
    var bottomRight: Character = "┘"
    var full: Character = "█"
    var half: Character = "▒"
    var empty: Character = "."

    static let ascii = Glyphs(
        horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", full: "#",
        half: "=", empty: ".")
}
