import Glibc

/// Reads a small regular file. Never waits: a pipe or a device is refused, not opened for good.
enum BoundedFile {
    enum Failure: Error, Hashable {
        case missing
        /// A sentence without the name of the file.
        case unreadable(String)
    }

    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            throw code == ENOENT ? .missing : .unreadable("cannot be read: \(describe(code))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable("cannot be read: \(describe(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("is not a regular file") }
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

    /// What an error number of the system means.
    static func describe(_ code: Int32) -> String {
        // Thread-safe in glibc since 2.32.
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
