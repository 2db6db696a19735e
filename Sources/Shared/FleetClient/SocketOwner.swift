import Glibc

/// Whose a socket is, for those who may not use it.
enum SocketOwner {
    static func advice(for path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return "permission denied; a folder above it is closed to you: try as the user the daemon runs as"
        }
        return "permission denied; it belongs to \(user(status.st_uid)): try as that user, with sudo for instance"
    }

    private static func user(_ id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return "the user with the number \(id)"
        }
        return "user '\(String(cString: name))'"
    }
}
