import Foundation

/// A real sshd of a test, on a loopback port, with keys of its own that live as long as it does.
package final class SSHServer: @unchecked Sendable {
    // Unchecked: one test uses it, one step after the other.
    package let folder: String
    package private(set) var port = 0
    private var server: Child?

    package var key: String { folder + "/key" }
    package var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }
    private var said: String { (try? String(contentsOfFile: folder + "/said", encoding: .utf8)) ?? "" }
    package var user: String { NSUserName() }

    /// Whether a server can be a machine of its own, with users of its own: that takes root and mounts.
    package static let canBeApart: Bool =
        getuid() == 0
        && ["/usr/bin/unshare", "/usr/bin/nsenter", "/usr/bin/sudo"].allSatisfy { (path: String) in
            access(path, X_OK) == 0
        }
        && (try? Child("/usr/bin/unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"], in: "/", environment: [:]))
            .map { child in
                while child.isRunning { usleep(1000) }
                return child.status == 0
            } == true

    /// - Parameters:
    ///   - settings: further lines of its configuration, which come first and so win.
    ///   - apart: a script that makes a machine of its own: it runs as root where changes in /etc, /usr, /opt, /var and
    ///     /home are the server's alone and go with it.
    /// - Throws: where there is no sshd, or it does not start.
    package static func start(settings: String = "", apart: String? = nil) async throws -> SSHServer {
        let server = try SSHServer(settings: settings, apart: apart)
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
                guard attempt < 5 else { throw TestHost.Failed(text: server.log + server.said) }
            }
        } catch {
            server.stop()
            throw error
        }
        return server
    }

    private let more: String
    private let apart: String?

    private init(settings: String, apart: String?) throws {
        more = settings
        self.apart = apart
        folder = "/tmp/mctl-ssh-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func listens() async throws -> Bool {
        let settings = """
            \(more)
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/key.pub
            PidFile none
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
        var words = ["/usr/sbin/sshd", "-D", "-f", folder + "/config", "-E", folder + "/log"]
        if let apart {
            try Data((Self.machine + apart + "\nexec \"$@\"\n").utf8).write(
                to: URL(fileURLWithPath: folder + "/machine"))
            words = ["/usr/bin/unshare", "-m", "/bin/sh", "-eu", folder + "/machine"] + words
        }
        let process = try Child(
            words[0], Array(words.dropFirst()), in: folder,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"], output: folder + "/said",
            errors: folder + "/said")
        server = process
        return try await until("sshd listens or has ended") {
            if log.contains("Server listening") { return true }
            return process.isRunning ? nil : false
        }
    }

    /// No changes of the machine that runs the tests, and no service of it is spoken to.
    private static let machine = """
        mkdir apart
        mount -t tmpfs none apart
        for place in etc usr opt var home; do
            mkdir "apart/$place" "apart/$place.work"
            mount -t overlay none -o "lowerdir=/$place,upperdir=apart/$place,workdir=apart/$place.work" "/$place"
        done
        if [ -d /run/systemd ]; then mount -t tmpfs none /run/systemd; fi

        """

    /// A path of the machine that the server is, as it is seen from here.
    package func path(_ path: String) -> String { "/proc/\(server?.pid ?? 0)/root\(path)" }

    /// Runs a script as root on the machine that the server is.
    package func there(_ script: String, _ arguments: String...) async throws -> Spoken {
        try await speak(
            "/usr/bin/nsenter", ["-t", "\(server?.pid ?? 0)", "-m", "/bin/sh", "-euc", script, "sh"] + arguments,
            in: folder,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"])
    }

    package func stop() {
        server?.signal(SIGKILL)
        while server?.isRunning == true { usleep(1000) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A port of loopback that nobody has at this moment, for programs that cannot be told to choose one, or that are to come
/// back to it. None of those that the system gives to connections, which would take it while nobody listens there.
package func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = Int.random(in: 20_000..<32_000)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isFree { return port }
    }
    throw CocoaError(.fileReadUnknown)
}
