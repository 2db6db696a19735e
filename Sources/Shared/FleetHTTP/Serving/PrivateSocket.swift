import FleetModel
import Glibc
import Synchronization

/// A Unix socket that is its owner's alone from its first moment, and takes nobody's place.
///
/// Between `bind` and `chmod` anyone could connect, and the umask is the whole process's. So it is bound in a folder
/// that only we may enter, gets its mode there, and is then linked to its place, which fails where something is. What a
/// server of ours that died has left there is moved away first; all else is refused and stays.
final class PrivateSocket: Sendable {
    /// Where it is to be.
    let path: String
    /// Where it is bound.
    let bindPath: String
    private let folder: String
    /// The file that was put in its place: held open, so that its number is nobody else's. -1 before.
    private let placed = Mutex<Int32>(-1)

    /// Longest path that NIO binds: `sockaddr_un` itself would take four bytes more.
    private static let longest = 103
    /// `O_PATH`, which Swift does not see: a socket cannot be opened, only held.
    private static let asPath: Int32 = 0o10000000
    /// Others may come between two steps of ours, but not for ever.
    private static let mostTries = 5

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
        if let refusal = SocketLook(at: path).refusal(for: geteuid()) { throw ListenError(refusal) }
        guard mkdir(folder, 0o700) == 0 else {
            throw ListenError(
                "cannot make a socket in '\(parent.isEmpty ? "." : parent)': \(String(cString: strerror(errno)))")
        }
    }

    deinit { placed.withLock { if $0 >= 0 { close($0) } } }

    /// - Throws: `ListenError` where it can't be put in its place.
    func publish() throws {
        let descriptor = open(bindPath, Self.asPath | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, chmod(bindPath, 0o600) == 0 else { throw failure() }
        placed.withLock { $0 = descriptor }
        var tries = 0
        while link(bindPath, path) != 0 {
            tries += 1
            guard errno == EEXIST, tries < Self.mostTries else { throw failure() }
            try clear()
        }
        unlink(bindPath)
        rmdir(folder)
    }

    /// True where the socket was put in its place and is still there.
    var isInPlace: Bool {
        let own = placed.withLock { $0 >= 0 ? FileIdentity(of: $0) : nil }
        return own != nil && own == FileIdentity(at: path)
    }

    /// Takes it away, and nothing that came in its place.
    func remove() {
        unlink(bindPath)
        rmdir(folder)
        if isInPlace { unlink(path) }
    }

    /// Makes room where a dead server of ours has left its socket.
    private func clear() throws {
        let look = SocketLook(at: path)
        if let refusal = look.refusal(for: geteuid()) { throw ListenError(refusal) }
        guard let file = look.file else { return }
        // Somebody may be a moment faster: what turns out to be another one goes back.
        let aside = "\(folder)/old"
        guard rename(path, aside) == 0 else {
            if errno == ENOENT { return }
            throw failure()
        }
        if FileIdentity(at: aside) != file { _ = link(aside, path) }
        unlink(aside)
    }

    private func failure() -> ListenError {
        ListenError("cannot make the socket '\(path)': \(String(cString: strerror(errno)))")
    }
}
