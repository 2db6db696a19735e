import FleetModel
import Glibc
import NIOCore

/// Reads a log as it grows: through rotation, restart and takeover, without loss or repetition.
///
/// The disk is looked at ten times a second while somebody follows, and not at all otherwise.
final class LogFollower {
    /// A line and the offset behind it: where a reader that has it goes on.
    struct Line: Hashable, Sendable {
        var text: String
        var next: Int64
    }

    private let files: LogFiles
    private var segment: LogFiles.Segment?
    /// Of the next byte to be read.
    private var offset: Int64
    private var pending: [UInt8] = []
    private static let block = 64 << 10

    /// - Parameter offset: where to begin; what was rotated out before that is passed over.
    init(files: LogFiles, from offset: Int64) {
        self.files = files
        self.offset = offset
    }

    deinit { if let segment { close(segment.descriptor) } }

    /// The offset at which the last `count` lines begin.
    static func start(of count: Int, in files: LogFiles) -> Int64 {
        guard let present = files.openPresent() else { return files.base }
        let end = present.end
        close(present.descriptor)
        let follower = LogFollower(files: files, from: 0)
        return follower.backwards(from: end, lines: count)
    }

    /// What there is to read now, at most about `mostBytes`; empty where a reader has everything.
    func read(mostBytes: Int = 256 << 10) -> [Line] {
        dropEmptied()
        var lines: [Line] = []
        var budget = mostBytes
        while budget > 0 {
            guard let present = segment ?? open(at: offset) else { break }
            segment = present
            if offset < present.start { restart(at: present.start) }
            if offset > present.end {
                // Someone emptied the file, or an id came that never was ours.
                restart(at: present.end)
            }
            var buffer = [UInt8](repeating: 0, count: min(Self.block, budget))
            let got = pread(present.descriptor, &buffer, buffer.count, off_t(offset - present.start))
            if got > 0 {
                split(buffer.prefix(got), into: &lines)
                budget -= got
                continue
            }
            guard let next = successor(of: present) else { break }
            close(present.descriptor)
            segment = next
            if next.start != offset { restart(at: next.start) }
        }
        return lines
    }

    /// Where someone emptied the present file, its keeper counts its first byte anew; then it is opened anew.
    private func dropEmptied() {
        guard let held = segment, let present = files.openPresent() else { return }
        close(present.descriptor)
        guard present.inode == held.inode, present.start != held.start else { return }
        close(held.descriptor)
        segment = nil
    }

    private func open(at offset: Int64) -> LogFiles.Segment? { files.openSegment(holding: offset) }

    /// The file that came after one that was read to its end; nil while that is the present one.
    private func successor(of old: LogFiles.Segment) -> LogFiles.Segment? {
        guard let present = files.openPresent() else { return nil }
        guard present.inode != old.inode else {
            close(present.descriptor)
            return nil
        }
        // Written to between our last look and its rotation.
        guard old.end <= offset else {
            close(present.descriptor)
            return nil
        }
        guard present.start > old.end else { return present }
        close(present.descriptor)
        return files.openSegment(holding: old.end)
    }

    private func restart(at position: Int64) {
        offset = position
        pending = []
    }

    private func split(_ bytes: ArraySlice<UInt8>, into lines: inout [Line]) {
        for byte in bytes {
            offset += 1
            if byte == UInt8(ascii: "\n") {
                lines.append(Line(text: String(decoding: pending, as: UTF8.self), next: offset))
                pending.removeAll(keepingCapacity: true)
            } else {
                pending.append(byte)
                if pending.count >= LogTail.longestLine {
                    lines.append(Line(text: String(decoding: pending, as: UTF8.self), next: offset))
                    pending.removeAll(keepingCapacity: true)
                }
            }
        }
    }

    /// Counts line ends from the end of the log towards its beginning.
    private func backwards(from end: Int64, lines count: Int) -> Int64 {
        var position = end
        var found = 0
        var budget = LogTail.mostBytes
        while position > 0, budget > 0 {
            guard let part = files.openSegment(holding: position - 1) else { break }
            defer { close(part.descriptor) }
            guard part.start < position else { break }
            let start = max(part.start, position - Int64(Self.block))
            var buffer = [UInt8](repeating: 0, count: Int(position - start))
            guard pread(part.descriptor, &buffer, buffer.count, off_t(start - part.start)) == buffer.count else {
                break
            }
            for index in buffer.indices.reversed() where buffer[index] == UInt8(ascii: "\n") {
                // The line end at the very end closes the last line; the one before `count` lines begins them.
                if start + Int64(index) + 1 == end { continue }
                found += 1
                if found == count { return start + Int64(index) + 1 }
            }
            position = start
            budget -= buffer.count
        }
        return position
    }
}
