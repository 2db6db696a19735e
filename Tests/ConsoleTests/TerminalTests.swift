import ConsoleCore
import FleetModel
import Testing

@testable import ConsoleCore
@testable import Terminal

/// What the terminal is sent and what comes from it, without one.
@Suite struct TerminalTests {
    static func keys(_ text: String) -> [Key] {
        var parser = KeyParser()
        var keys = text.unicodeScalars.compactMap { parser.parse(.character($0)) }
        if let last = parser.flush() { keys.append(last) }
        return keys
    }

    @Test(
        "Keys are what was pressed, and unknown sequences are nothing",
        arguments: [
            ("X", [Key.character("X")]), ("\u{1B}", [.escape]), ("\u{1B}\u{1B}", [.escape, .escape]), ("\r", [.enter]),
            ("\n", [.enter]), ("\u{7F}", [.backspace]), ("\u{03}", [.control("c")]), ("\t", [.tab]),
            ("\u{1B}[1;5C", []), ("\u{1B}OX", []), ("\u{1B}X", []), ("\u{1B}[1;5Cj", [.character("j")]),
            ("\u{1B}[200~X\ny\u{1B}[201~j", [.paste("X\ny"), .character("j")]),
            ("\u{1B}[200~a\u{1B}[20b", [.paste("a\u{1B}[20b")]), ("é", [.character("é")]),
        ]) func parse(_ text: String, _ keys: [Key])
    { #expect(Self.keys(text) == keys) }

    @Test("A paste without an end has a bound") func longPaste() {
        let keys = Self.keys("\u{1B}[200~" + String(repeating: "X", count: 100_000) + "\u{1B}[201~S")
        #expect(keys.count == 2 && keys.last == .character("S"))
        if case .paste(let text)? = keys.first { #expect(text.count == KeyParser.longestPaste) }
    }

    @Test("Pictures that nobody asked for come ten times a second at most, and in few bytes a second") func budget() {
        var budget = FrameBudget()
        #expect(budget.mayPaint(at: 1))
        budget.painted(bytes: 100, at: 1)
        #expect(!budget.mayPaint(at: 1.09) && budget.mayPaint(at: 1.11))
        budget.painted(bytes: 14_000, at: 2)
        #expect(!budget.mayPaint(at: 2.9) && budget.mayPaint(at: 3.01))
    }

    @Test("Messages that go together become one, in their order") func inbox() throws {
        let inbox = try Inbox()
        for index in 0..<1000 { inbox.post(.log(.lines(number: 1, ["\(index)"]))) }
        inbox.post(.log(.lines(number: 2, ["of another"])))
        inbox.post(.fleet([.resync]))
        inbox.post(.fleet([.resync]))
        let messages = inbox.drain()
        #expect(messages.count == 3)
        if case .log(.lines(_, let lines))? = messages.first { #expect(lines == (0..<1000).map(String.init)) }
        #expect(inbox.drain().isEmpty)
    }

    @Test(
        "Whoever reads a stream is told when the terminal does not keep up, and when it does again",
        arguments: [
            Message.fleet([.resync]), .log(.lines(number: 1, ["short"])),
            .log(.lines(number: 1, [String(repeating: "long", count: 1 << 14)])),
        ])
    func inboxIsFull(message: Message) throws {
        let inbox = try Inbox()
        var posted = 0
        while !inbox.isFull, posted <= Inbox.most {
            inbox.post(message)
            posted += 1
        }
        #expect(inbox.isFull && posted <= Inbox.most)
        if case .log(.lines(_, let lines)) = message { #expect(posted * lines[0].utf8.count < 16 << 20) }
        #expect(inbox.drain().count == 1)
        #expect(!inbox.isFull)
        for _ in 0..<25_000 { inbox.post(.link(.connecting)) }
        #expect(inbox.drain().count <= Inbox.mostMessages)
    }

    @Test("The clipboard is reached where the terminal can") func clipboard() {
        #expect(Clipboard.sequence(for: "hi", environment: ["TERM": "xterm-256color"]) == "\u{1B}]52;c;aGk=\u{07}")
        #expect(Clipboard.sequence(for: "hi", environment: ["TERM": "screen"])?.hasPrefix("\u{1B}P") == true)
        #expect(Clipboard.sequence(for: "hi", environment: ["TERM": "linux"]) == nil)
        let long = Clipboard.sequence(for: String(repeating: "x", count: 1 << 20), environment: ["TERM": "xterm"])
        #expect((long?.utf8.count ?? 0) < 140_000)
    }

    @Test("In plain words each change is a line, and nothing in it steers a terminal") func plain() {
        var report = PlainReport(server: "central:8080")
        var lines = report.lines(for: .fleet([.snapshot(Bench.snapshot)]), now: Bench.now)
        #expect(
            lines == [
                "2026-01-31T12:04:31Z WARN 7 clients: 5 online, 1 STALE, 1 OFFLINE; 20 workloads: 1 FAILED",
                "2026-01-31T12:04:31Z WARN pi-kitchen-02 is STALE, last seen 1m ago",
                "2026-01-31T12:04:31Z BAD  pi-kitchen-02/camera is FAILED: v4l2: \u{FFFD}[31mno such device\u{FFFD}]0;title\u{FFFD}",
                "2026-01-31T12:04:31Z BAD  pi-lab-07 is OFFLINE, last seen 41m ago",
            ])
        lines = report.lines(for: .link(.lost(reason: "gone", retryAt: Bench.now)), now: Bench.now)
        lines += report.lines(
            for: .link(.lost(reason: "gone", retryAt: Bench.now)), now: Bench.now.advanced(seconds: 3))
        lines += report.lines(for: .link(.live), now: Bench.now.advanced(seconds: 65))
        #expect(
            lines == [
                "2026-01-31T12:04:31Z BAD  gone",
                "2026-01-31T12:05:36Z OK   connected to central:8080 again after 1m05s",
            ])
    }

    @Test(
        "Durations are short and tell enough",
        arguments: [
            (0.0, "0s", "0s"), (7, "5s", "7s"), (59, "55s", "59s"), (61, "1m", "1m01s"), (3600, "1h00m", "1h00m"),
            (90_000, "1d01h", "1d01h"),
            (-5, "0s", "0s"), (1e12, "92592d", "92592d"),
        ]) func durations(_ seconds: Double, _ age: String, _ elapsed: String)
    {
        #expect(DisplayFormat.age(seconds) == age && DurationText.stopwatch(seconds) == elapsed)
    }
}
