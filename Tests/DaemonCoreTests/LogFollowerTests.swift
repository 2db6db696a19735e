import Glibc
import Testing

@testable import DaemonCore

@Suite("Following a log")
struct LogFollowerTests {
    private static func all(_ follower: LogFollower) -> [String] {
        var lines: [String] = []
        while case let more = follower.read(), !more.isEmpty { lines += more.map(\.text) }
        return lines
    }

    @Test("nothing is there yet, then everything comes", arguments: [false, true])
    func missing(isRemoved: Bool) throws {
        let log = try LogWriter()
        defer { log.remove() }
        if isRemoved { unlink(log.path) }
        let follower = LogFollower(files: log.files, from: 0)
        #expect(follower.read().isEmpty)
        #expect(LogFollower.start(of: 10, in: log.files) == 0)
        guard !isRemoved else { return }
        try log.write("a\nb\nc")
        #expect(Self.all(follower) == ["a", "b"])
        try log.write("d\n")
        #expect(Self.all(follower) == ["cd"])
    }

    @Test("several rotations between two looks lose nothing while the files are kept", arguments: 1...6)
    func rotations(count: Int) throws {
        let log = try LogWriter(maxBytes: 100, keep: 8)
        defer { log.remove() }
        try log.write("first\n")
        let follower = LogFollower(files: log.files, from: 0)
        #expect(Self.all(follower) == ["first"])
        // Ten bytes each, so that lines lie over the borders of files.
        let lines = (0..<count * 10).map { "line \(1000 + $0)" }
        try log.write(lines.map { $0 + "\n" }.joined())
        #expect(Self.all(follower) == lines)
    }

    @Test("an id that lies in a rotated file goes on right behind it", arguments: [1, 9, 10, 11, 35, 69])
    func resume(index: Int) throws {
        let log = try LogWriter(maxBytes: 100, keep: 8)
        defer { log.remove() }
        let lines = (0..<70).map { "line \(1000 + $0)" }
        try log.write(lines.map { $0 + "\n" }.joined())
        let seen = LogFollower(files: log.files, from: 0).read()
        try #require(seen.map(\.text) == lines)
        #expect(Self.all(LogFollower(files: log.files, from: seen[index].next)) == Array(lines[(index + 1)...]))
    }

    @Test("what is older than what is kept is passed over, up to the oldest file that is left", arguments: [0, 1, 3])
    func rotatedOut(keep: Int) throws {
        let log = try LogWriter(maxBytes: 100, keep: keep)
        defer { log.remove() }
        let lines = (0..<200).map { "l \(1000 + $0)..." }
        try log.write(lines.map { $0 + "\n" }.joined())
        let seen = Self.all(LogFollower(files: log.files, from: 0))
        #expect(seen == lines.suffix((keep + 1) * 10))
    }

    @Test("a file that someone emptied loses nothing of what comes after", arguments: [5, 50, 500])
    func emptied(count: Int) throws {
        let log = try LogWriter()
        defer { log.remove() }
        let follower = LogFollower(files: log.files, from: 0)
        try log.write((0..<50).map { "old \($0)\n" }.joined())
        #expect(Self.all(follower).count == 50)
        log.empty()
        let fresh = (0..<count).map { "new \($0)" }
        try log.write(fresh.map { $0 + "\n" }.joined())
        #expect(Self.all(follower) == fresh)
        // And whoever comes back with the id of the last line finds himself there.
        try log.write("last\n")
        let seen = follower.read()
        #expect(seen.map(\.text) == ["last"])
        let returned = LogFollower(files: log.files, from: seen.first?.next ?? 0)
        #expect(returned.read().isEmpty)
    }

    @Test("a look between the emptying and the next line changes nothing", arguments: [5, 500])
    func lookedAtWhileEmpty(count: Int) throws {
        let log = try LogWriter()
        defer { log.remove() }
        let follower = LogFollower(files: log.files, from: 0)
        try log.write((0..<50).map { "old \($0)\n" }.joined())
        #expect(Self.all(follower).count == 50)
        log.empty()
        #expect(follower.read().isEmpty)
        #expect(follower.read().isEmpty)
        let fresh = (0..<count).map { "new \($0)" }
        try log.write(fresh.map { $0 + "\n" }.joined())
        #expect(Self.all(follower) == fresh)
    }

    @Test("an emptied file that no keeper counted on is read from what comes now")
    func emptiedWithoutKeeper() throws {
        let first = try LogWriter()
        defer { first.remove() }
        try first.write("one\ntwo\nthree\n")
        let follower = LogFollower(files: first.files, from: 0)
        #expect(Self.all(follower).count == 3)
        first.empty()
        #expect(follower.read().isEmpty)
        // The keeper of a later run finds an empty file, and has no way to know what was in it.
        let descriptor = open(first.path, O_WRONLY)
        defer { close(descriptor) }
        #expect(write(descriptor, "new\n", 4) == 4)
        #expect(Self.all(follower) == ["new"])
    }

    @Test("a tail goes back from file to file, wherever rotation has moved them meanwhile", arguments: 0...3)
    func rotatedMeanwhile(rotations: Int) throws {
        let log = try LogWriter(maxBytes: 8, keep: 50)
        defer { log.remove() }
        try log.write("first--\nsecond-\n")
        let tail = LogTail(path: log.path)
        let read = try #require(tail.open(at: 0))
        close(read.descriptor)
        for number in 0..<rotations { try log.write("later-\(number)\n") }
        var index = 0
        let older = try #require(tail.older(than: read.inode, at: &index))
        defer { close(older.descriptor) }
        var text = [UInt8](repeating: 0, count: 8)
        #expect(pread(older.descriptor, &text, 8, 0) == 8)
        #expect(String(decoding: text, as: UTF8.self) == "first--\n")
        #expect(index == rotations + 1)
    }

    @Test("an endless line comes in pieces, and a reader's share is bounded")
    func endless() throws {
        let log = try LogWriter()
        defer { log.remove() }
        try log.write([UInt8](repeating: UInt8(ascii: "y"), count: 1 << 20))
        let follower = LogFollower(files: log.files, from: 0)
        let first = follower.read(mostBytes: 200_000)
        #expect(first.map(\.text.utf8.count) == [65536, 65536, 65536])
        #expect(Self.all(follower).joined().utf8.count == (1 << 20) - 3 * 65536)
    }

    @Test("while one writes as fast as it can, a follower and a tail see no line twice and none out of its place")
    func underFire() async throws {
        let log = try LogWriter(maxBytes: 3000, keep: 400)
        defer { log.remove() }
        let files = log.files
        let path = log.path
        let last = 60_000
        let following = Task.detached { () -> [String] in
            let follower = LogFollower(files: files, from: 0)
            var seen: [String] = []
            while seen.last != "\(last)" {
                let more = follower.read()
                if more.isEmpty { await Task.yield() }
                seen += more.map(\.text)
            }
            return seen
        }
        let tailing = Task.detached { () -> [String] in
            while true {
                let numbers = LogTail(path: path).lines(3000).compactMap { Int($0) }
                // The first may be the end of a line, the last its beginning, where one is just being written.
                let whole = numbers.dropFirst().dropLast()
                for (one, next) in zip(whole, whole.dropFirst()) where next != one + 1 {
                    return ["after \(one) comes \(next)"]
                }
                if numbers.last == last { return [] }
                await Task.yield()
            }
        }
        for number in stride(from: 1, through: last, by: 40) {
            try log.write((number..<number + 40).map { "\($0)\n" }.joined())
        }
        let wrong = await tailing.value
        #expect(wrong == [])
        let seen = await following.value.compactMap { Int($0) }
        // Where the writer was too fast by far, the follower may have been left behind; it never errs otherwise.
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(
        "a log that claims to begin, or to be read, anywhere at all is read from where it is",
        arguments: ["9223372036854775807", "99999999999999999999", "-1", "x", ""], [Int64.max, 0, 1 << 53])
    func anywhere(base: String, offset: Int64) throws {
        let log = try LogWriter()
        defer { log.remove() }
        try log.write("a\n")
        let descriptor = open(log.files.basePath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(write(descriptor, base, base.utf8.count) == base.utf8.count)
        close(descriptor)
        let follower = LogFollower(files: log.files, from: offset)
        _ = Self.all(follower)
        #expect(LogFollower.start(of: 10, in: log.files) >= 0)
        // A file with a hole as large as the file system lets it have.
        try #require(truncate(log.path, 1 << 43) == 0)
        #expect(LogFollower.start(of: 1, in: log.files) >= 0)
    }
}
