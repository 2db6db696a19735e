import FleetHTTP
import FleetModel
import Glibc
import Hummingbird
import NIOCore
import Testing

@Suite("The Unix socket", .timeLimit(.minutes(1)))
struct PrivateSocketTests {
    private static func routes() -> Routes {
        var routes = Routes(policy: AccessPolicy(grants: [TokenGrant(apiToken: "secret")], anonymous: .none))
        routes.on(Endpoint(.post, "/api/shutdown"), needs: .localSocket) { _, context in
            try .json(["who": context.principal.name])
        }
        return routes
    }

    private static let request =
        "POST /api/shutdown HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

    @Test("it is its owner's alone, needs no token, and is gone afterwards")
    func serves() async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = folder + "/s.sock"
        let answer = try await withListener(Self.routes(), at: .unix(path: path)) { _ in
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            return try await RawConnection.open(path: path) { connection in
                try await connection.send(Self.request)
                return try await connection.untilClosed()
            }
        }
        #expect(answer.contains(#"{"who":"socket"}"#))
        // Nothing is left in the folder.
        #expect(rmdir(folder) == 0)
    }

    @Test("what is offered there is not offered over TCP")
    func notOverTCP() async throws {
        let answer = try await withListener(Self.routes()) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    Self.request.replacing("\r\n\r\n", with: "\r\nAuthorization: Bearer secret\r\n\r\n"))
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
    }

    @Test("a stale socket is replaced")
    func stale() async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = folder + "/s.sock"
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafeBytes(of: &address) {
            bind(stale, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
        }
        close(stale)
        #expect(bound == 0)
        let answer = try await withListener(Self.routes(), at: .unix(path: path)) { _ in
            try await RawConnection.open(path: path) { connection in
                try await connection.send(Self.request)
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("a file that is no socket is left alone")
    func file() async throws {
        let folder = try temporaryFolder()
        let path = folder + "/notes.txt"
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        defer {
            unlink(path)
            rmdir(folder)
        }
        await #expect(
            throws: ListenError("'\(path)' is there and is no socket: remove it, or set another --socket-path")
        ) {
            try await withListener(Self.routes(), at: .unix(path: path)) { _ in }
        }
        #expect(access(path, F_OK) == 0)
    }

    @Test("a path that is too long, or whose folder is not there, is said to be")
    func badPaths() async throws {
        let long = "/tmp/" + String(repeating: "x", count: 110)
        await #expect { try await withListener(Self.routes(), at: .unix(path: long)) { _ in } } throws: {
            "\($0)".contains("is too long: at most 103 bytes work")
        }
        await #expect { try await withListener(Self.routes(), at: .unix(path: "/tmp/no/such/s")) { _ in } } throws: {
            "\($0)" == "cannot make a socket in '/tmp/no/such/': No such file or directory"
        }
    }

    @Test("a port that is taken is said to be")
    func taken() async throws {
        try await withListener(Self.routes()) { port -> Void in
            await #expect {
                try await withListener(Self.routes(), at: .tcp(host: "127.0.0.1", port: port)) { _ in }
            } throws: {
                "\($0)".hasPrefix("cannot listen on 127.0.0.1:\(port): ") && $0 is ListenError
            }
        }
    }
}
