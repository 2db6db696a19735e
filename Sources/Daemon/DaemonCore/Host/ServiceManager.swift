import Glibc

/// Tells systemd how this daemon is, as sd_notify(3) has it; where nobody has started it so, nothing is said.
package struct ServiceManager: Sendable {
    /// What systemd tells the program it starts, and that program alone: whoever has these could speak in its name.
    package static let variables = [
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID",
    ]

    /// Nobody is there to be told.
    package static let absent = ServiceManager(socket: nil, patience: nil)

    /// A path, or `@` and an abstract name.
    private let socket: String?
    /// Seconds without a sign of life after which the daemon counts as stuck; nil where nobody waits for one.
    package let patience: Double?

    private init(socket: String?, patience: Double?) {
        self.socket = socket
        self.patience = patience
    }

    /// - Parameter pid: ours; a watchdog may be meant for another process.
    package init(environment: [String: String], pid: Int32 = getpid()) {
        guard let socket = environment["NOTIFY_SOCKET"], socket.hasPrefix("/") || socket.hasPrefix("@") else {
            self = .absent
            return
        }
        let microseconds = environment["WATCHDOG_USEC"].flatMap { UInt64($0) } ?? 0
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
        self.init(socket: socket, patience: isForUs && microseconds > 0 ? Double(microseconds) / 1e6 : nil)
    }

    package var isPresent: Bool { socket != nil }

    /// It does what it is there for.
    package func ready() { tell("READY=1") }

    /// It reads its configuration anew; `ready` ends that.
    package func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        tell("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
    }

    /// It ends, because somebody asked.
    package func stopping() { tell("STOPPING=1\nSTATUS=Stopping") }

    /// It lives, and how it is in a few words.
    package func alive(_ status: String) { tell("WATCHDOG=1\nSTATUS=\(status)") }

    /// One datagram; a manager that is busy is not waited for.
    private func tell(_ state: String) {
        guard let socket else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(socket.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // An abstract name begins with a zero byte and ends with its length.
        if socket.hasPrefix("@") { name[name.startIndex] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = MemoryLayout<sa_family_t>.size + name.count + (socket.hasPrefix("@") ? 0 : 1)
        let kind = Int32(clamping: SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(state.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
    }
}
