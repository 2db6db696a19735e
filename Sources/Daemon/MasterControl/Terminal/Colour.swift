/// Roles, and what they look like on any terminal.
enum Colour: String, Sendable {
    case good = "32"
    case busy = "36"
    case trouble = "31"
    case waiting = "33"
    case faint = "2"
    case heading = "1"
}
