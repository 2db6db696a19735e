import FleetModel
import Glibc

/// A Unix socket that is its owner's alone from its first moment.
///
/// Between `bind` and `chmod` anyone could connect, and the umask is the whole process's. So it is bound in a folder
/// that only we may enter, gets its mode there, and is then moved to its place, which also replaces a stale one.
struct PrivateSocket: Sendable {
    /// Where it is to be.
    let path: String
    /// Where it is bound.
    let bindPath: String
    private let folder: String

    /// Longest path that NIO binds: `sockaddr_un` itself would take four bytes more.
    private static let longest = 103

    /// - Throws: `ListenError` where there can be no socket.
    init(path: String) throws {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { String(path[...$0]) } ?? ""
        let suffix = String(UInt32.random(in: .min ... .max), radix: 36)
        folder = "\(parent).mc\(suffix)"
        bindPath = "\(folder)/s"
        self.path = path
        let length = max(path.utf8.count, parent.utf8.count + 12)
        guard length <= Self.longest else {
            throw ListenError(
                "the socket path '\(path)' is too long: at most \(Self.longest) bytes work; "
                    + "set another one with --socket-path")
        }
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK {
            throw ListenError("'\(path)' is there and is no socket: remove it, or set another --socket-path")
        }
        guard mkdir(folder, 0o700) == 0 else {
            throw ListenError(
                "cannot make a socket in '\(parent.isEmpty ? "." : parent)': \(String(cString: strerror(errno)))")
        }
    }

    func publish() throws {
        guard chmod(bindPath, 0o600) == 0, rename(bindPath, path) == 0 else {
            throw ListenError("cannot make the socket '\(path)': \(String(cString: strerror(errno)))")
        }
        rmdir(folder)
    }

    func remove() {
        unlink(bindPath)
        rmdir(folder)
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
    }
}
