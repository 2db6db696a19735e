import Testing

@testable import TerminalText

@Suite("Text from elsewhere")
struct SafeTextTests {
    @Test(
        "has nothing in it that steers a terminal",
        arguments: [
            ("plain Grüße 🚀", "plain Grüße 🚀"), ("a\u{1B}]0;title\u{07}b", "a�]0;title�b"), ("a\rb", "a�b"),
            ("a\u{9B}2Jb", "a�2Jb"), ("a\u{7F}b\u{0}", "a�b�"), ("a\tb\nc", "a b c"), ("a\r\nb", "a� b"),
            ("exe\u{202E}gpj", "exe�gpj"),
        ])
    func line(_ text: String, _ safe: String) { #expect(SafeText.line(text) == safe) }

    @Test("an error of several lines keeps them")
    func lines() { #expect(SafeText.line("a\nb\u{1B}", keepingLines: true) == "a\nb�") }

    @Test(
        "a line of a log keeps tabs and colours, and a colour ends with its line",
        arguments: [
            ("a\tb", "a\tb"), ("\u{1B}[31mred\u{1B}[0m", "\u{1B}[31mred\u{1B}[0m\u{1B}[0m"),
            ("\u{1B}[1;38:5:9mx", "\u{1B}[1;38:5:9mx\u{1B}[0m"), ("\u{1B}[2J", "�[2J"), ("\u{1B}[31", "�[31"),
            ("\u{1B}", "�"), ("\u{1B}[?1049h", "�[?1049h"), ("50%\r100%", "50%�100%"),
            ("\u{1B}[" + String(repeating: "1;", count: 40) + "m", "�[" + String(repeating: "1;", count: 40) + "m"),
        ])
    func logLine(_ text: String, _ safe: String) { #expect(SafeText.logLine(text) == safe) }

    @Test("JSON means the same and steers no terminal either")
    func json() {
        #expect(SafeText.json("{\"a\": \"x\u{9B}2J\u{7F}\u{202E}ü\"}") == #"{"a": "x\u009b2J\u007f\u202eü"}"#)
        #expect(SafeText.json("{\n  \"a\": 1\n}") == "{\n  \"a\": 1\n}")
    }
}
