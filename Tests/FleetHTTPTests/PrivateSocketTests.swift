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

    /// A socket as a server that was killed leaves it.
    private static func leaveSocket(at path: String) {
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafeBytes(of: &address) {
            bind(stale, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
        }
        close(stale)
        #expect(bound == 0)
    }

    private static func ask(_ path: String) async throws -> String {
        try await RawConnection.open(path: path) { connection in
            try await connection.send(request)
            return try await connection.untilClosed()
        }
    }

    @Test("a stale socket is replaced")
    func stale() async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = folder + "/s.sock"
        Self.leaveSocket(at: path)
        let answer = try await withListener(Self.routes(), at: .unix(path: path)) { _ in
            try await RawConnection.open(path: path) { connection in
                try await connection.send(Self.request)
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("where somebody answers, the second is refused, told by whom, and the first one keeps its place")
    func inUse() async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = folder + "/s.sock"
        try await withListener(Self.routes(), at: .unix(path: path)) { _ -> Void in
            await #expect {
                try await withListener(Self.routes(), at: .unix(path: path)) { _ in }
            } throws: {
                "\($0)".hasPrefix("'\(path)' is in use: a process answers there (")
                    && "\($0)".contains("pid \(getpid())")
            }
            #expect(throws: ListenError.self) { try HTTPListener.check(socket: path) }
            let answer = try await Self.ask(path)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test("of many that begin at once in the place of a dead one, exactly one has it, and nothing is left behind")
    func race() async throws {
        for _ in 0..<10 {
            let folder = try temporaryFolder()
            let path = folder + "/s.sock"
            Self.leaveSocket(at: path)
            let all = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(8))
            let won = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            try await withListener(Self.routes(), at: .unix(path: path)) { _ -> Void in
                                all.continuation.yield()
                                // Until the others have failed: the winner must not make room for them.
                                var failures = all.stream.makeAsyncIterator()
                                for _ in 0..<8 { await failures.next() }
                                let answer = try await Self.ask(path)
                                #expect(answer.hasPrefix("HTTP/1.1 200 "))
                            }
                            return true
                        } catch is ListenError {
                            all.continuation.yield()
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(won == 1)
            #expect(rmdir(folder) == 0)
        }
    }

    @Test("a socket that was removed is made anew, and whoever is connected to the old one stays so")
    func removed() async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = folder + "/s.sock"
        try await withListener(Self.routes(), at: .unix(path: path), socketLook: .milliseconds(2)) { _ in
            try await RawConnection.open(path: path) { connection in
                try await connection.send(Self.request.replacing("Connection: close\r\n", with: ""))
                _ = try await connection.until("socket")
                for _ in 0..<3 {
                    #expect(unlink(path) == 0)
                    while !SocketLook(at: path).isAnswering { try await Task.sleep(for: .milliseconds(1)) }
                    #expect(try await Self.ask(path).hasPrefix("HTTP/1.1 200 "))
                }
                try await connection.send(Self.request)
                #expect(try await connection.untilClosed().hasPrefix("HTTP/1.1 200 "))
            }
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test(
        "what came to the place of a removed socket is left alone, also at the end, and the place taken when it is free"
    )
    func replaced() async throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let path = folder + "/s.sock"
        try await withListener(Self.routes(), at: .unix(path: path), socketLook: .milliseconds(2)) { _ in
            unlink(path)
            close(open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600))
            // Some looks later it is still there.
            try await Task.sleep(for: .milliseconds(20))
            #expect(SocketLook(at: path).kind == .noSocket)
            unlink(path)
            while !SocketLook(at: path).isAnswering { try await Task.sleep(for: .milliseconds(1)) }
            unlink(path)
            close(open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600))
        }
        #expect(SocketLook(at: path).kind == .noSocket)
        unlink(path)
    }

    @Test(
        "what lies in its place is judged by what it is and whose it is",
        arguments: [
            (.nothing, 1, nil), (.silent, 1, nil), (.silent, 0, "is a socket of user 'root': have it removed, "),
            (.closed, 0, "is a socket of user 'root': "), (.noSocket, 1, "is no socket: remove it, "),
            (.noSocket, 0, "is no socket of user 'root': remove it, "),
            (.answering(pid: 7, program: "cat"), 0, "a process of user 'root' answers there ('cat', pid 7); end it, "),
            (.answering(pid: 7, program: "master-control"), 1, "end it with 'master-control down', "),
            (.answering(pid: nil, program: nil), 1, "a process answers there; end it, or set another --socket-path"),
        ] as [(SocketLook.Kind, uid_t, String?)])
    func judged(_ kind: SocketLook.Kind, owner: uid_t, sentence: String?) {
        let refusal = SocketLook(path: "/s", kind: kind, owner: owner).refusal(for: 1)
        if let sentence {
            #expect(refusal?.contains(sentence) == true, "\(refusal ?? "")")
        } else {
            #expect(refusal == nil)
        }
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
