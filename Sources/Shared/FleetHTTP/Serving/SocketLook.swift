import Glibc

/// What lies at the path of a Unix socket, and who answers there: looked at once, judged as often as one likes.
package struct SocketLook: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case nothing
        /// A file, a folder or a link.
        case noSocket
        /// Whoever made it has gone: nobody listens any more.
        case silent
        /// We may not knock.
        case closed
        /// Somebody listens. The pid is nil where it cannot be known, of another namespace for instance.
        case answering(pid: Int32?, program: String?)
    }

    package var path: String
    package var kind: Kind
    package var owner: uid_t
    var file: FileIdentity?

    package init(path: String, kind: Kind, owner: uid_t) {
        self.path = path
        self.kind = kind
        self.owner = owner
    }

    package init(at path: String) {
        var status = stat()
        self.path = path
        guard lstat(path, &status) == 0 else {
            kind = errno == ENOENT || errno == ENOTDIR ? .nothing : .closed
            owner = 0
            return
        }
        owner = status.st_uid
        file = FileIdentity(status)
        kind = status.st_mode & S_IFMT == S_IFSOCK ? Self.knock(path) : .noSocket
    }

    /// True where somebody listens.
    package var isAnswering: Bool { if case .answering = kind { true } else { false } }

    /// Who listens; nil where nobody does, or that cannot be known.
    package var pid: Int32? { if case .answering(let pid, _) = kind { pid } else { nil } }

    /// Why a server of `user` may not take the place; nil where it may, in place of what a dead one of the same user left.
    package func refusal(for user: uid_t) -> String? {
        let advice = "or set another --socket-path"
        let theirs = owner == user ? "" : " of \(Self.name(of: owner))"
        switch kind {
        case .nothing: return nil
        case .noSocket: return "'\(path)' is there and is no socket\(theirs): remove it, \(advice)"
        case .silent where owner == user: return nil
        case .silent, .closed: return "'\(path)' is there and is a socket\(theirs): have it removed, \(advice)"
        case .answering(let pid, let program):
            let who = [program.map { "'\($0)'" }, pid.map { "pid \($0)" }].compactMap { $0 }.joined(separator: ", ")
            let step = program == "master-control" ? "end it with 'master-control down'" : "end it"
            return
                "'\(path)' is in use: a process\(theirs) answers there\(who.isEmpty ? "" : " (\(who))"); \(step), \(advice)"
        }
    }

    /// A user as a person knows them.
    package static func name(of user: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else {
            return "the user with the number \(user)"
        }
        return "user '\(String(cString: name))'"
    }

    /// Connects and hangs up; never waits, as a server that is busy is one.
    private static func knock(_ path: String) -> Kind {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(AF_UNIX, Int32(clamping: kind), 0)
        guard descriptor >= 0 else { return .closed }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return .closed }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        switch result == 0 ? 0 : errno {
        case 0: return listener(of: descriptor)
        case ECONNREFUSED: return .silent
        case ENOENT: return .nothing
        case EACCES, EPERM: return .closed
        // It has no room for us now, or speaks in datagrams.
        default: return .answering(pid: nil, program: nil)
        }
    }

    private static func listener(of descriptor: Int32) -> Kind {
        // A `struct ucred`, which Swift does not see: pid, user, group.
        var credentials: [Int32] = [0, 0, 0]
        var size = socklen_t(3 * MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, let pid = credentials.first,
            pid > 0
        else { return .answering(pid: nil, program: nil) }
        return .answering(pid: pid, program: program(of: pid))
    }

    private static func program(of pid: Int32) -> String? {
        let descriptor = open("/proc/\(pid)/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // The kernel keeps 15 bytes and ends them with a line.
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").first
        return text.map(String.init)
    }
}

/// One file, told from another one that comes to its place or gets its number.
struct FileIdentity: Equatable, Sendable {
    private let device: dev_t
    private let number: ino_t
    /// Neither a new mode nor a new name changes it, in nanoseconds.
    private let modified: [Int]

    fileprivate init(_ status: stat) {
        device = status.st_dev
        number = status.st_ino
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }

    /// Of the link itself where it is one; nil where there is nothing.
    init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }
}
