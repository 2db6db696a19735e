import FleetModel
import Foundation
import TestSupport
import Testing

@testable import DaemonCore

@Suite("Logs of workloads")
struct LogTests {
    @Test(
        "the last lines of what there is",
        arguments: [
            ("", 5, []), ("a", 5, ["a"]), ("a\n", 5, ["a"]), ("a\nb", 5, ["a", "b"]), ("a\nb\n", 1, ["b"]),
            ("a\n\n", 2, ["a", ""]), ("\n", 3, [""]), ("\n\n\n", 2, ["", ""]), ("a\nb\nc\n", 2, ["b", "c"]),
            ("a\u{0}b\n", 1, ["a\u{0}b"]),
        ] as [(String, Int, [String])])
    func tail(text: String, count: Int, lines: [String]) throws {
        let log = try LogWriter()
        defer { log.remove() }
        try log.write(text)
        #expect(LogTail(path: log.path).lines(count) == lines)
    }

    @Test("a log that is not there has no lines")
    func noLog() {
        #expect(LogTail(path: "/nonexistent/x.log").lines(10).isEmpty)
        #expect(LogTail(path: "/nonexistent/x.log").lastLine() == nil)
    }

    @Test("lines come out whole over blocks and rotated files", arguments: [1, 99, 100, 5000, 10_000])
    func manyLines(count: Int) throws {
        let log = try LogWriter(maxBytes: 50_000, keep: 20)
        defer { log.remove() }
        let all = (0..<12_000).map { "line \($0) \(String(repeating: "x", count: $0 % 37))" }
        try log.write(all.map { $0 + "\n" }.joined())
        #expect(LogTail(path: log.path).lines(count) == Array(all.suffix(count)))
    }

    @Test("a line without end is cut, and bytes that are no text are replaced")
    func endless() throws {
        let log = try LogWriter()
        defer { log.remove() }
        try log.write("first\n")
        try log.write([UInt8](repeating: UInt8(ascii: "y"), count: 3 << 20))
        let lines = LogTail(path: log.path).lines(3)
        #expect(lines.count == 2)
        #expect(lines.first == "first")
        #expect((lines.last?.utf8.count ?? 0) <= LogTail.longestLine + 3)
        try log.write([10, 0xff, 0xfe, 0x41, 10])
        #expect(LogTail(path: log.path).lines(1) == ["\u{FFFD}\u{FFFD}A"])
    }

    @Test("the last line that is not blank is what an error is made of")
    func lastLine() throws {
        let log = try LogWriter()
        defer { log.remove() }
        try log.write("Traceback\n  File\nValueError: no\n\n  \n")
        #expect(LogTail(path: log.path).lastLine() == "ValueError: no")
    }

    @Test("a follower sees every line once, however it is rotated, and goes on from any id")
    func follow() async throws {
        for seed in 1...12 as ClosedRange<UInt64> {
            try follow(seed: seed)
            await Task.yield()
        }
    }

    private func follow(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let log = try LogWriter(maxBytes: 200, keep: 200)
        defer { log.remove() }
        var follower = LogFollower(files: log.files, from: 0)
        var seen: [LogFollower.Line] = []
        var written: [String] = []
        for round in 0..<60 {
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                let line = "\(round) \(String(repeating: "z", count: Int.random(in: 0..<90, using: &random)))"
                written.append(line)
                try log.write(line + "\n")
            }
            if Bool.random(using: &random) {
                seen += follower.read(mostBytes: 64 + Int.random(in: 0..<2000, using: &random))
            }
            if Int.random(in: 0..<6, using: &random) == 0 {
                // The reader goes away and comes back with what it saw last.
                follower = LogFollower(files: log.files, from: seen.last?.next ?? 0)
            }
        }
        while case let more = follower.read(), !more.isEmpty { seen += more }
        #expect(seen.map(\.text) == written, "seed \(seed)")
        let middle = seen[seen.count / 2]
        var rest: [LogFollower.Line] = []
        let second = LogFollower(files: log.files, from: middle.next)
        while case let more = second.read(), !more.isEmpty { rest += more }
        #expect(rest.map(\.text) == Array(written.suffix(from: seen.count / 2 + 1)), "seed \(seed)")
        let last = LogFollower(files: log.files, from: LogFollower.start(of: 7, in: log.files))
        #expect(last.read().map(\.text) == Array(written.suffix(7)), "seed \(seed)")
    }

    @Test("what was rotated out is passed over, and an id of the future begins at the end")
    func lostAndFuture() throws {
        let log = try LogWriter(maxBytes: 100, keep: 1)
        defer { log.remove() }
        for number in 0..<100 { try log.write("line \(number)\n") }
        let lines = LogFollower(files: log.files, from: 0).read().map(\.text)
        #expect(lines.last == "line 99")
        #expect(lines.count < 30)
        let future = LogFollower(files: log.files, from: 1 << 40)
        #expect(future.read().isEmpty)
        try log.write("new\n")
        #expect(future.read().map(\.text) == ["new"])
    }
}
