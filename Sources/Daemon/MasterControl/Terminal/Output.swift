import FleetModel
import FoundationEssentials
import Glibc

/// What a command prints on standard output.
enum Output {
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(1, bytes.baseAddress?.advanced(by: rest.startIndex), rest.count)
                if written < 0, errno == EINTR { continue }
                // A reader that has gone (`| head`) is no failure of ours.
                guard written > 0 else { exit(0) }
                rest = rest.dropFirst(written)
            }
        }
    }

    static func lines(_ lines: [String]) { write(lines.map { $0 + "\n" }.joined()) }

    /// Stable and readable: keys in their order, one a line.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    static func compact(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static var now: Timestamp { Timestamp(seconds: Date().timeIntervalSince1970) }
}
