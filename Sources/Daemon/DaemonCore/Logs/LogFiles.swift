import FleetModel
import Glibc

/// A workload's log: the present file and those that were rotated away, as one stream of bytes.
///
/// Offsets count every byte that was ever written. The keeper keeps the offset of the present file's first byte in
/// `log-base`, and writes it after the files were renamed and before the new one exists. So where the base is the same
/// before and after the present file was opened, it is that file's.
struct LogFiles: Sendable {
    /// Of the present file; older ones have `.1`, `.2`, … after it.
    let path: String
    /// The file `log-base` of the workload's state.
    let basePath: String
    /// What lies beyond that many older files is no part of the log: it is there until the next run begins.
    var keep = mostFiles
    static let mostFiles = 1000

    /// An open file and where it lies in the stream.
    struct Segment {
        let descriptor: Int32
        let start: Int64
        let inode: UInt64
        var end: Int64 { start + size(of: descriptor) }
    }

    /// The present file; nil where there is none yet.
    func openPresent() -> Segment? {
        // A rotation between the two looks is rare, five in a row are not believable.
        for _ in 0..<5 {
            let before = base
            guard let (descriptor, inode) = openFile(path) else { return nil }
            guard before == base else {
                close(descriptor)
                continue
            }
            return Segment(descriptor: descriptor, start: before, inode: inode)
        }
        return nil
    }

    /// The file that holds the byte at `offset`, or the oldest that is left, or the present one.
    func openSegment(holding offset: Int64) -> Segment? {
        guard let present = openPresent() else { return nil }
        var newest = present
        var index = 1
        while newest.start > offset, index <= keep, let (descriptor, inode) = openFile("\(path).\(index)") {
            guard inode != newest.inode else {
                // Rotated between two looks: this is the one that is open already.
                close(descriptor)
                index += 1
                continue
            }
            let older = Segment(
                descriptor: descriptor, start: max(0, newest.start - size(of: descriptor)), inode: inode)
            close(newest.descriptor)
            newest = older
            index += 1
        }
        return newest
    }

    var base: Int64 {
        smallFile(basePath).flatMap { Int64($0.prefix { $0.isNumber }) }?.bounded ?? 0
    }

    private func openFile(_ path: String) -> (Int32, UInt64)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        return (descriptor, UInt64(status.st_ino))
    }
}

func size(of descriptor: Int32) -> Int64 {
    var status = stat()
    // A file with holes may be of any size.
    return fstat(descriptor, &status) == 0 ? Int64(status.st_size).bounded : 0
}
