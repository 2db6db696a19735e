import CProcess
import Glibc

/// What is kept of one workload's run while it lives: the keeper's FIFO, its socket and its record.
struct RunFolder: Sendable {
    let path: String

    /// - Throws: `LaunchError` where the folder can't be made.
    func create() throws(LaunchError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw LaunchError("cannot make the state directory '\(path)': \(errorText(errno))")
    }

    /// Who runs, or how it ended; nil where nothing was recorded.
    var record: KeeperRecord? { smallFile("\(path)/record").flatMap(KeeperRecord.init(text:)) }

    /// Takes the lock that a keeper holds from before it is started until its run is over.
    /// - Returns: a descriptor, or the negative errno: `-EWOULDBLOCK` while a keeper has it.
    func lock() -> Int32 { mcp_lock("\(path)/lock") }

    /// True while a keeper is at work, even one that does not answer yet.
    var isKept: Bool {
        let descriptor = lock()
        if descriptor >= 0 { close(descriptor) }
        return descriptor == -EWOULDBLOCK
    }

    /// Does nothing where a keeper is at work.
    func whileNobodyKeepsIt(_ body: () -> Void) {
        let descriptor = lock()
        guard descriptor >= 0 else { return }
        body()
        close(descriptor)
    }

    func removeRecord() { unlink("\(path)/record") }

    /// Everything of it; the folder holds nothing but these.
    func remove() {
        for name in ["record", "record.new", "fifo", "sock", "lock", "log-base", "log-base.new"] {
            unlink("\(path)/\(name)")
        }
        rmdir(path)
    }
}

/// The text of a file of at most 64 KiB; nil where there is none.
func smallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var size = 0
    while size < bytes.count {
        let got = bytes.withUnsafeMutableBytes { room in
            read(descriptor, room.baseAddress?.advanced(by: size), room.count - size)
        }
        guard got > 0 else { break }
        size += got
    }
    return String(decoding: bytes.prefix(size), as: UTF8.self)
}
