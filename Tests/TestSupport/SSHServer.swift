import Foundation

/// A real sshd of a test, on a loopback port, with keys of its own that live as long as it does.
package final class SSHServer: @unchecked Sendable {
    // Unchecked: one test uses it, one step after the other.
    package let folder: String
    package private(set) var port = 0
    private var pid: Int32 = 0

    package var key: String { folder + "/key" }
    package var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }
    package var user: String { NSUserName() }

    /// - Throws: where there is no sshd, or it does not start.
    package static func start() async throws -> SSHServer {
        let server = try SSHServer()
        do {
            for program in ["host", "key"] {
                let made = try await speak(
                    "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(server.folder)/\(program)"],
                    in: server.folder)
                guard made.status == 0 else { throw TestHost.Failed(text: made.errors) }
            }
            // A port that was free may be taken a moment later.
            for attempt in 1... {
                server.port = try freePort()
                if try await server.listens() { return server }
                guard attempt < 5 else { throw TestHost.Failed(text: server.log) }
            }
        } catch {
            server.stop()
            throw error
        }
        return server
    }

    private init() throws {
        folder = "/tmp/mctl-ssh-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func listens() async throws -> Bool {
        let settings = """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/key.pub
            PidFile \(folder)/pid
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PrintMotd no
            MaxStartups 100
            """
        try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/config"))
        // sshd wants it there when it is root; packages leave it to the service to make it.
        try? FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: folder + "/log")
        // As a daemon: it closes every descriptor it has, also the one that `Process` watches it by.
        let started = try await speak(
            "/usr/sbin/sshd", ["-f", folder + "/config", "-E", folder + "/log"], in: folder)
        guard started.status == 0 else { return false }
        return try await until("sshd listens or has ended") {
            pid =
                Int32(
                    ((try? String(contentsOfFile: folder + "/pid", encoding: .utf8)) ?? "")
                        .trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
            if pid > 1 { return true }
            return log.contains("Cannot bind") ? false : nil
        }
    }

    package func stop() {
        // Whoever began it may have blocked gentler signals, and it has inherited that.
        if pid > 1 { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A port of loopback that nobody has at this moment, for programs that cannot be told to choose one.
package func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
    }
    guard isBound else { throw CocoaError(.fileReadUnknown) }
    return Int(UInt16(bigEndian: address.sin_port))
}
