import FleetModel
import FoundationEssentials
import Glibc
import TerminalText

/// What a command prints on standard output.
enum Output {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(1, bytes.baseAddress?.advanced(by: rest.startIndex), rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else {
                    recover(from: errno)
                }
            }
        }
    }

    /// Returns where writing is worth another try.
    private static func recover(from code: CInt) {
        switch code {
        case EINTR: return
        case EAGAIN:
            // Whoever shares the terminal or pipe with us has made it one that does not wait.
            var wait = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
            poll(&wait, 1, -1)
        // A reader that has gone (`| head`) is no failure of ours.
        case EPIPE: exit(0)
        default:
            complain("standard output cannot be written: \(String(cString: strerror(code)))")
            exit(1)
        }
    }

    /// For people: whatever of it a peer sent, nothing but our colours gets to the terminal.
    static func lines(_ lines: [String]) { write(lines.map { SafeText.logLine($0) + "\n" }.joined()) }

    /// As they are, for a file or a pipe.
    static func raw(_ lines: [String]) { write(lines.map { $0 + "\n" }.joined()) }

    /// Stable and readable: keys in their order, one a line.
    static func json(_ value: some Encodable) throws {
        write(try text(of: value, formatting: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]) + "\n")
    }

    static func compact(_ value: some Encodable) throws -> String {
        try text(of: value, formatting: [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func text(of value: some Encodable, formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        return SafeText.json(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    static var now: Timestamp { Timestamp(seconds: Date().timeIntervalSince1970) }
}
