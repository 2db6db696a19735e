import FoundationEssentials
import Glibc

/// What standard output can show.
struct TerminalScreen: Hashable, Sendable {
    /// Columns; nil where it is no terminal, and nothing is cut.
    var width: Int?
    var hasColour: Bool

    /// As it is now.
    static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalScreen {
        guard isatty(1) == 1 else { return TerminalScreen(width: nil, hasColour: false) }
        var size = winsize()
        let isKnown = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return ofTerminal(columns: isKnown ? Int(size.ws_col) : nil, environment: environment)
    }

    /// What a terminal can show that says it has so many columns. `NO_COLOR` and `TERM=dumb` are kept.
    static func ofTerminal(columns: Int?, environment: [String: String]) -> TerminalScreen {
        let told = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        let kind = environment["TERM"] ?? ""
        return TerminalScreen(
            width: columns ?? told ?? 80,
            hasColour: (environment["NO_COLOR"] ?? "").isEmpty && !kind.isEmpty && kind != "dumb")
    }

    func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
