import FleetModel
import FoundationEssentials
import HTTPTypes
import NIOCore

/// Lines of a log out of the answer of a daemon.
enum LogText {
    /// Nil where the answer is none.
    static func read(_ answer: PassedAnswer) -> String? {
        guard answer.status == .ok,
            let log = try? JSONDecoder().decode(LogLines.self, from: Data(answer.body.readableBytesView))
        else { return nil }
        return log.lines.map { plain($0) + "\n" }.joined()
    }

    /// A line without the sequences by which programs colour what they write; the script of the page does the same.
    static func plain(_ line: String) -> String {
        guard line.utf8.contains(0x1b) else { return line }
        var text: [UInt8] = []
        var rest = line.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x1b, rest.first == UInt8(ascii: "[") else {
                text.append(byte)
                continue
            }
            // Parameters and intermediates, then the one byte that ends it.
            rest = rest.dropFirst().drop { (0x20...0x3f).contains($0) }.dropFirst()
        }
        return String(decoding: text, as: UTF8.self)
    }
}
