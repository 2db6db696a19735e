import Foundation
import TestSupport
import Testing

/// Connections that say nothing. Closed with `close`.
struct IdleConnections {
    private var sockets: [Int32] = []

    /// Those that the other side does not take wait in its backlog.
    init(_ count: Int, port: Int) throws {
        for _ in 0..<count {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            guard socket >= 0 else { throw TestHost.Failed(text: "no socket") }
            sockets.append(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    /// How many the other side has closed: it has nothing to say on them but that.
    var closedByOther: Int {
        var watched = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&watched, nfds_t(watched.count), 0) > 0 else { return 0 }
        return watched.count { $0.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 }
    }

    func close() { for socket in sockets { Glibc.close(socket) } }
}

@Suite("Outsiders and the real program", .serialized)
struct OutsiderTests {
    static let configuration = """
        fleet:
          enabled: true
          client_name: a
          api_host: 127.0.0.1
          api_port: 0
        """

    /// CPU time so far, in hundredths of a second.
    static func ticks(of pid: Int32) -> Int {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: " ")
        return fields.count > 14 ? (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0) : 0
    }

    @Test("1,100 idle connections, and the daemon answers as before")
    func idle() async throws {
        try await withHost { host in
            try host.write(Self.configuration, to: "configs/daemon.yaml")
            try await host.up()
            let port = try await host.port(of: "client")
            let idle = try IdleConnections(1100, port: port)
            defer { idle.close() }
            // Behind them in the backlog it would wait for a minute, and curl does for 20 s.
            for _ in 0..<5 { #expect(try await host.curl("http://127.0.0.1:\(port)/api/health").status == 200) }
        }
    }

    @Test("at the limit of descriptors it says so once, costs next to nothing, and goes on when there are some")
    func descriptors() async throws {
        try await withHost { host in
            try host.write(Self.configuration, to: "configs/daemon.yaml")
            try await host.up(through: ["/bin/sh", "-c", "ulimit -n 40 && exec \"$@\"", "sh"])
            let port = try await host.port(of: "client")
            let idle = try IdleConnections(200, port: port)
            let line = "connections cannot be accepted: Too many open files"
            func lines() -> Int { host.read("logs/daemon.log").components(separatedBy: line).count - 1 }
            _ = try await until("it says that there are no descriptors") { lines() > 0 ? true : nil }
            let before = Self.ticks(of: host.daemonPID)
            // Some are closed for others at each pause, so that this takes more than ten of them.
            _ = try await until("idle ones made room") { idle.closedByOther >= 120 ? true : nil }
            // A busy loop takes all it is given meanwhile.
            #expect(Self.ticks(of: host.daemonPID) - before < 60)
            #expect(lines() == 1)
            #expect(host.isUp)
            // Idle ones make room: it answers while they are still there.
            #expect(try await host.curl("http://127.0.0.1:\(port)/api/health").status == 200)
            idle.close()
            #expect(try await host.curl("http://127.0.0.1:\(port)/api/health").status == 200)
        }
    }
}
