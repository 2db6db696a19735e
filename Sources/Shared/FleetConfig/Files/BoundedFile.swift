import Glibc

/// Reads a small regular file. Never waits: a pipe or a device is refused, not opened for good.
enum BoundedFile {
    enum Failure: Error, Hashable {
        case missing
        /// A sentence without the name of the file.
        case unreadable(String)
    }

    /// - parameter isSecret: refuse a file that others than its owner and its group can read or write.
    static func read(_ path: String, limit: Int, isSecret: Bool = false) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            throw code == ENOENT ? .missing : .unreadable("cannot be read: \(describe(code))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable("cannot be read: \(describe(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("is not a regular file") }
        if isSecret, isOpenToAll(status) {
            throw .unreadable("is open to everybody on this host; \(closing(path)), and replace the token")
        }
        // The size is a hint only: the file may grow meanwhile.
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable("cannot be read: \(describe(errno))") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw .unreadable("is larger than \(limit / 1024) KiB") }
        }
    }

    /// Whether everybody on this host can read or write the file; false where it is none.
    static func isOpenToAll(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && isOpenToAll(status)
    }

    private static func isOpenToAll(_ status: stat) -> Bool { status.st_mode & 0o007 != 0 }

    /// How a file is closed to others so that this process can still read it.
    static func closing(_ path: String) -> String {
        var status = stat()
        let isOurs = stat(path, &status) != 0 || status.st_uid == geteuid()
        return isOurs ? "close it with 'chmod 600'" : "close it with 'chown \(geteuid())' and 'chmod 600'"
    }

    /// What an error number of the system means.
    static func describe(_ code: Int32) -> String {
        // Thread-safe in glibc since 2.32.
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
