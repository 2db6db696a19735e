import FleetModel
import Foundation
import TerminalText
import TestSupport

@testable import ConsoleCore
@testable import Terminal

extension Fuzzer {
    static let keys = Fuzzer(
        "keys",
        seeds: [
            "\u{1B}[A\u{1B}Ojk:q\n", "\u{1B}[200~pasted\ntext\u{1B}[201~x", "\u{1B}\u{1B}[1;5C/filter\u{7F}\r",
            "\u{1}\u{2}\u{1C}",
        ],
        pieces: [
            "\u{1B}", "[", "O", "\u{1B}[200~", "\u{1B}[201~", "\u{1B}[<0;1;1M", "~", "\u{9B}", ":", "/", "\r", "\u{7F}",
            "1", "é", "q",
        ]
    ) { bytes, chance in
        var parser = KeyParser()
        var model = ConsoleModel(
            options: ConsoleOptions(), size: FrameSize(columns: chance.below(120), rows: chance.below(40)),
            now: Timestamp(milliseconds: 1_790_000_000_000))
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix(400) {
            let key = parser.parse(.character(scalar))
            if case .paste(let text)? = key {
                try expect(text.utf8.count <= KeyParser.longestPaste + 4, "\(text.utf8.count) bytes were pasted")
            }
            if let key { _ = model.update(.key(key)) }
        }
        if let key = parser.flush() { _ = model.update(.key(key)) }
        try expect(!parser.isInside, "it never ends")
        let frame = model.frame()
        try expect(frame.rows.allSatisfy { $0.count == frame.size.columns }, "the picture is not whole")
        return true
    }

    static let terminalText = Fuzzer(
        "terminal-text",
        seeds: [
            "plain", "\u{1B}[31mred\u{1B}[0m\tx", "\u{9B}31m\u{202E}abc\u{2066}", "数据採集 👩‍👩‍👧 e\u{301}",
            "a\r\nb\u{0}c\u{7F}",
            "\u{1B}]0;title\u{07}\u{1B}P\u{1B}\\", "\u{200B}\u{200D}\u{FEFF}\u{2028}",
        ],
        pieces: [
            "\u{1B}", "\u{1B}[", "m", ";", "\u{9B}", "\u{90}", "\u{202E}", "\u{2066}", "\u{7F}", "\0", "\n", "\t", "é",
            "\u{301}", "数",
            "\u{E0001}", "\u{200F}", "\u{061C}",
        ], short: 3000
    ) { bytes, chance in
        let text = String(decoding: bytes, as: UTF8.self)
        let line = SafeText.line(text)
        try expect(!line.unicodeScalars.contains(where: steers), "a line steers the terminal: \(Array(line.utf8))")
        let log = SafeText.withoutColours(SafeText.logLine(text))
        try expect(
            !log.unicodeScalars.contains { steers($0) && $0 != "\t" }, "a log steers the terminal: \(Array(log.utf8))")
        let json = SafeText.json(text)
        try expect(!json.unicodeScalars.contains { steers($0) && $0.value >= 0x7f }, "JSON steers the terminal")
        let width = chance.below(40)
        let cut = TextWidth.cut(line, to: width)
        try expect(TextWidth.columns(of: cut) <= max(width, 1), "'\(cut)' is wider than \(width)")
        return true
    }

    static func steers(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }
}
