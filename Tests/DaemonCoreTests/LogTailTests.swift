import Glibc
import TestSupport
import Testing

@testable import DaemonCore

@Suite("The last lines of a log")
struct LogTailTests {
    private static let block = 64 << 10

    @Test(
        "lines end and begin right at the borders of the blocks that are read",
        arguments: [-2, -1, 0, 1, 2], [1, 2])
    func borders(offset: Int, blocks: Int) throws {
        let log = try LogWriter()
        defer { log.remove() }
        // The last two lines are together as long as the blocks, more or less.
        let length = blocks * Self.block + offset
        let one = String(repeating: "1", count: 1000)
        let two = String(repeating: "2", count: min(length - 1002, LogTail.longestLine))
        let rest = String(repeating: "0", count: 3)
        try log.write(rest + "\n" + one + "\n" + two + "\n")
        #expect(LogTail(path: log.path).lines(2) == [one, two])
        #expect(LogTail(path: log.path).lines(3) == [rest, one, two])
        #expect(LogTail(path: log.path).lines(4) == [rest, one, two])
    }

    @Test("a log of exactly one or two blocks comes out whole, with its final line end or without", arguments: [1, 2])
    func exactBlocks(blocks: Int) throws {
        for ending in ["", "\n"] {
            let log = try LogWriter()
            defer { log.remove() }
            var lines = (0..<blocks * 5000).map { "line \($0)" }
            let missing = blocks * Self.block - lines.reduce(0) { $0 + $1.utf8.count + 1 } - ending.utf8.count
            lines.append(String(repeating: "x", count: missing))
            try log.write(lines.joined(separator: "\n") + ending)
            var status = stat()
            try #require(stat(log.path, &status) == 0 && Int(status.st_size) == blocks * Self.block)
            #expect(LogTail(path: log.path).lines(20_000) == lines)
        }
    }

    @Test("what is read depends on what is asked for, not on what there is", arguments: [1, 100, 2000])
    func readAmount(count: Int) throws {
        let log = try LogWriter()
        defer { log.remove() }
        let line = String(repeating: "x", count: 99) + "\n"
        let block = Array(String(repeating: line, count: 10_000).utf8)
        for _ in 0..<20 { try log.write(block) }
        let before = try Self.bytesRead()
        #expect(LogTail(path: log.path).lines(count).count == count)
        let after = try Self.bytesRead()
        // Other tests read at the same time, but nowhere near the twenty megabytes of the file.
        #expect(after - before < 8_000_000)
    }

    /// By this thread, from files and from the page cache.
    private static func bytesRead() throws -> Int {
        let text = try #require(smallFile("/proc/thread-self/io"))
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("rchar:") })
        return try #require(line.split(separator: " ").last.flatMap { Int($0) })
    }

    @Test("a line over several rotated files is one line")
    func lineOverFiles() throws {
        let log = try LogWriter(maxBytes: 1000, keep: 9)
        defer { log.remove() }
        let long = String(repeating: "z", count: 4500)
        try log.write("first\n\(long)\nlast")
        #expect(LogTail(path: log.path).lines(5) == ["first", long, "last"])
    }

    @Test("just after a rotation, while the new file is empty or not there yet, the lines are those before it")
    func rotatedJustNow() throws {
        let log = try LogWriter(maxBytes: 10, keep: 5)
        defer { log.remove() }
        try log.write("123456789\n")
        #expect(rename(log.path, log.path + ".1") == 0)
        #expect(LogTail(path: log.path).lines(5) == ["123456789"])
        close(open(log.path, O_CREAT | O_WRONLY, 0o640))
        #expect(LogTail(path: log.path).lines(5) == ["123456789"])
    }

    @Test("bytes that are no text, and NULs, do not stop the lines after them")
    func binary() throws {
        let log = try LogWriter()
        defer { log.remove() }
        var random = SeededRandom(seed: 5)
        var bytes = (0..<200_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes += [0, 0, 0, 10]
        try log.write(bytes)
        try log.write("end\n")
        let lines = LogTail(path: log.path).lines(10_000)
        #expect(lines.last == "end")
        #expect(lines.count == bytes.count { $0 == 10 } + 1)
    }

    @Test("a link or a pipe in the place of a log is not read", .timeLimit(.minutes(1)))
    func noFile() throws {
        let log = try LogWriter()
        defer { log.remove() }
        try log.write("secret\n")
        #expect(symlink(log.path, log.folder + "/link.log") == 0)
        #expect(LogTail(path: log.folder + "/link.log").lines(5).isEmpty)
        #expect(mkfifo(log.folder + "/pipe.log", 0o600) == 0)
        #expect(LogTail(path: log.folder + "/pipe.log").lines(5).isEmpty)
        let follower = LogFollower(
            files: LogFiles(path: log.folder + "/pipe.log", basePath: log.folder + "/log-base"), from: 0)
        #expect(follower.read().isEmpty)
    }
}
