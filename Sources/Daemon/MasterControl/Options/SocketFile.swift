import Glibc

/// A socket as it lies in its folder, told from another one at the same place.
struct SocketFile: Equatable {
    private let path: String
    private let device: dev_t
    private let number: ino_t
    /// Numbers are given again; nanoseconds tell apart who has one.
    private let changed: [Int]

    /// Nil where there is nothing.
    init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = status.st_dev
        number = status.st_ino
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }

    /// False where it was left behind by a daemon that was killed: nobody listens any more.
    var isServed: Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || (errno != ECONNREFUSED && errno != ENOENT)
    }
}
