/// How a terminal is to be used.
package struct TerminalSetup: Sendable {
    package var isMouseOn = false
    /// Attributes alone, whatever the terminal has.
    package var noColour = false

    package init() {}
}

/// Why a full screen is not to be had here.
package enum TerminalFailure: Error, CustomStringConvertible {
    case noTerminal
    /// By its name.
    case cannotAddress(String)
    case failed(String)

    package var description: String {
        switch self {
        case .noTerminal:
            "a full screen needs a terminal on standard input and output; --plain writes a line for each change instead"
        case .cannotAddress(let name):
            "the terminal '\(name)' (TERM) cannot show a full screen; --plain writes a line for each change instead"
        case .failed(let reason): "the terminal cannot be used: \(reason)"
        }
    }
}

/// What ended the console.
package enum Ending: Sendable {
    case quit
    /// It was closed, or the connection to it broke.
    case terminalLost
    case signal(Int32)
}
