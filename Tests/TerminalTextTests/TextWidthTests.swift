import Testing

@testable import TerminalText

@Suite("The width of text")
struct TextWidthTests {
    @Test(
        "counts columns, not characters or bytes",
        arguments: [
            ("", 0), ("abc", 3), ("Grüße", 5), ("e\u{301}", 1), ("日本", 4), ("🚀", 2), ("👩‍👩‍👧", 2), ("…", 1), ("ｗ", 2),
            ("\u{200B}", 0),
        ])
    func columns(_ text: String, _ width: Int) { #expect(TextWidth.columns(of: text) == width) }

    @Test(
        "cuts to what fits, with a mark",
        arguments: [
            ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"), ("ab", 9, "ab"),
        ])
    func cuts(_ text: String, _ width: Int, _ expected: String) { #expect(TextWidth.cut(text, to: width) == expected) }
}
