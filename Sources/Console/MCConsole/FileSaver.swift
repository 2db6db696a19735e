import Glibc

/// Writes a file that must not be there yet.
enum FileSaver {
    /// - Returns: nil, or why it could not be.
    static func save(_ text: String, to path: String) -> String? {
        // A link that somebody laid there is not followed, and nothing is ever overwritten.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            switch errno {
            case EEXIST: return "'\(path)' is there already; nothing was written"
            case ENOENT: return "there is no such folder: '\(path)'"
            case EACCES, EPERM, EROFS: return "'\(path)' may not be written"
            default: return "'\(path)': \(String(cString: strerror(errno)))"
            }
        }
        defer { close(file) }
        var text = text
        let failure: Int32 = text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return errno }
                done += count
            }
            return fsync(file) == 0 || errno == EINVAL ? 0 : errno
        }
        guard failure != 0 else { return nil }
        unlink(path)
        return "'\(path)' could not be written whole, and is removed again: \(String(cString: strerror(failure)))"
    }
}
