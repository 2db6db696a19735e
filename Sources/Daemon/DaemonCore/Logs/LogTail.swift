import FleetModel
import Glibc

/// The last lines of a log, read backwards: time and memory depend on what is asked for, never on the file's size.
package struct LogTail: Sendable {
    package let path: String
    private let keep: Int

    /// - Parameter keep: older files that belong to the log.
    package init(path: String, keep: Int = LogFiles.mostFiles) {
        self.path = path
        self.keep = keep
    }

    /// What is read at most; where lines are longer than that allows, fewer of them are shown.
    static let mostBytes = 16 << 20
    /// A longer line is cut, and says so.
    static let longestLine = 64 << 10
    private static let block = 64 << 10

    /// - Returns: at most `count` lines, oldest first, without their ends. Bytes that are no UTF-8 are replaced.
    package func lines(_ count: Int) -> [String] {
        var collector = BackwardLines(wanted: count, longest: Self.longestLine)
        var budget = Self.mostBytes
        var index = 0
        var next = open(at: 0) ?? open(at: 1)
        while let file = next, !collector.isFull, budget > 0 {
            read(file.descriptor, into: &collector, budget: &budget)
            close(file.descriptor)
            next = older(than: file.inode, at: &index)
        }
        if let next { close(next.descriptor) }
        return collector.finish()
    }

    /// The last line that is not blank.
    func lastLine() -> String? {
        lines(20).last { !$0.allSatisfy(\.isWhitespace) }.map { $0.cut(toBytes: 500) }
    }

    /// The file that was rotated just before the one that was read, wherever rotation has moved them since.
    func older(than inode: UInt64, at index: inout Int) -> (descriptor: Int32, inode: UInt64)? {
        // It moves on while one looks; whoever rotates that fast leaves a reader behind.
        for _ in 0..<8 {
            guard let place = (index...index + 8).first(where: { self.inode(at: $0) == inode }), place < keep else {
                return nil
            }
            let next = open(at: place + 1)
            if self.inode(at: place) == inode {
                index = place + 1
                return next
            }
            if let next { close(next.descriptor) }
        }
        return nil
    }

    private func name(_ index: Int) -> String { index == 0 ? path : "\(path).\(index)" }

    private func inode(at index: Int) -> UInt64? {
        var status = stat()
        return lstat(name(index), &status) == 0 ? UInt64(status.st_ino) : nil
    }

    func open(at index: Int) -> (descriptor: Int32, inode: UInt64)? {
        let descriptor = Glibc.open(name(index), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            return nil
        }
        return (descriptor, UInt64(status.st_ino))
    }

    private func read(_ descriptor: Int32, into collector: inout BackwardLines, budget: inout Int) {
        var end = size(of: descriptor)
        var buffer = [UInt8](repeating: 0, count: Int(min(Int64(Self.block), max(end, 1))))
        while end > 0, budget > 0, !collector.isFull {
            let start = max(0, end - Int64(buffer.count))
            let got = pread(descriptor, &buffer, Int(end - start), off_t(start))
            guard got == Int(end - start) else { return }
            buffer.withUnsafeBytes { collector.prepend($0.prefix(got)) }
            end = start
            budget -= got
        }
    }
}

/// Builds lines from blocks that come last first.
struct BackwardLines {
    private let wanted: Int
    private let longest: Int
    /// Newest first.
    private var lines: [String] = []
    /// The beginning of the line that was found last, as far as it is known: blocks, last first.
    private var partial: [[UInt8]] = []
    private var partialSize = 0
    /// The very last line end closes a line and begins none.
    private var atEnd = true

    init(wanted: Int, longest: Int) {
        self.wanted = wanted
        self.longest = longest
    }

    var isFull: Bool { lines.count >= wanted }

    mutating func prepend(_ block: Slice<UnsafeRawBufferPointer>) {
        var end = block.endIndex
        while !isFull {
            guard let newline = block[block.startIndex..<end].lastIndex(of: UInt8(ascii: "\n")) else { break }
            keep(block[(newline + 1)..<end])
            if atEnd, partialSize == 0 { atEnd = false } else { close() }
            atEnd = false
            end = newline
        }
        if !isFull { keep(block[block.startIndex..<end]) }
    }

    mutating func finish() -> [String] {
        if !isFull, partialSize > 0 || !atEnd { close() }
        return lines.reversed()
    }

    private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
        guard !bytes.isEmpty else { return }
        partialSize += bytes.count
        partial.append(Array(bytes))
        // Of an endless line its beginning is what stays: what came before in time is what is kept.
        while partial.count > 2, partialSize - partial[0].count > 2 * longest {
            partialSize -= partial.removeFirst().count
        }
    }

    private mutating func close() {
        let bytes = partial.reversed().joined()
        let text =
            partialSize <= longest
            ? String(decoding: Array(bytes), as: UTF8.self)
            : String(decoding: Array(bytes.prefix(longest)), as: UTF8.self) + "…"
        lines.append(text)
        partial = []
        partialSize = 0
    }
}
