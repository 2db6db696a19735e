import FoundationEssentials
import Glibc

/// What standard output can show.
struct TerminalScreen: Sendable {
    /// Columns; nil where it is no terminal, and nothing is cut.
    var width: Int?
    var hasColour: Bool

    /// As it is now. `NO_COLOR` and `TERM=dumb` are kept.
    static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalScreen {
        guard isatty(1) == 1 else { return TerminalScreen(width: nil, hasColour: false) }
        var size = winsize()
        let known = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let columns = environment["COLUMNS"].flatMap { Int($0) }
        return TerminalScreen(
            width: known ? Int(size.ws_col) : columns ?? 80,
            hasColour: (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb")
    }

    func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

/// Roles, and what they look like on any terminal.
enum Colour: String, Sendable {
    case good = "32"
    case busy = "36"
    case trouble = "31"
    case waiting = "33"
    case faint = "2"
    case heading = "1"
}
