import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Testing

/// What RFC 9110 and 9112 say about the edges of a request, byte by byte.
@Suite("Edges of requests", .timeLimit(.minutes(2)))
struct RequestEdgeTests {
    /// What a server answers to these bytes, and what it logged above `debug` meanwhile. The server's other routes work
    /// afterwards.
    private static func exchange(_ pieces: [String], end: Bool = false) async throws -> (String, [String]) {
        let lines = LineLog()
        let logger = Logger(label: "test") { _ in lines }
        var limits = HTTPLimits()
        limits.lingerTime = .milliseconds(100)
        limits.bodyTime = .seconds(1)
        let answer = try await withListener(ConnectionLimitTests.routes(), limits: limits, logger: logger) { port in
            let answer = try await RawConnection.open(port: port) { connection in
                for piece in pieces { try? await connection.send(piece) }
                if end { connection.outbound.finish() }
                return try await connection.untilClosed()
            }
            let after = try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /api/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return try await connection.untilClosed()
            }
            #expect(after.hasPrefix("HTTP/1.1 200 "))
            return answer
        }
        return (answer, lines.lines.withLock { $0 })
    }

    @Test(
        "a request has one Host, which is a name or an address",
        arguments: [
            "", "Host: a\r\nHost: b\r\n", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: a@b\r\n",
            "Host: a:b\r\n", "Host:\r\n", "Host: :80\r\n", "Host: []\r\n", "Host: <x>\r\n", "Host: ::1\r\n",
            "Host: a,b\r\n", "Host: é\r\n",
        ])
    func badHost(hosts: String) async throws {
        let (answer, lines) = try await Self.exchange(["GET /api/health HTTP/1.1\r\n\(hosts)\r\n"])
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains(#"{"detail":"#))
        #expect(lines.isEmpty)
    }

    @Test("these are hosts", arguments: ["a", "a:80", "a.b-c_d:8080", "127.0.0.1:1", "[::1]", "[::1]:9100", "a:"])
    func goodHost(host: String) async throws {
        let (answer, _) = try await Self.exchange([
            "GET /api/health HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
        ])
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }

    @Test(
        "a target with a host in it is taken, and that host is the one that counts",
        arguments: [
            ("http://127.0.0.1/api/health", "evil", "200"), ("HTTP://localhost:8080/api/health?x", "evil", "200"),
            ("http://evil/api/health", "localhost", "421"), ("https://evil/api/health", "127.0.0.1", "421"),
            ("http://evil", "localhost", "404"), ("http://localhost", "localhost", "404"),
            ("http://localhost?x", "localhost", "404"), ("http:///api/health", "localhost", "400"),
            ("http://a@localhost/api/health", "localhost", "400"), ("http://:80/api/health", "localhost", "400"),
            ("http://localhost/api/health", "a\r\nHost: b", "400"), ("ftp://localhost/api/health", "localhost", "400"),
            ("localhost:80", "localhost", "400"), ("api/health", "localhost", "400"),
        ])
    func wholeTarget(target: String, host: String, status: String) async throws {
        // As a server without a token is: whoever asks must name this machine.
        let policy = AccessPolicy(grants: [], anonymous: .read, isLoopbackOnly: true)
        let routes = ConnectionLimitTests.routes(Routes(policy: policy))
        var limits = HTTPLimits()
        limits.lingerTime = .milliseconds(100)
        let answer = try await withListener(routes, limits: limits) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        if status != "200" { #expect(answer.contains(#"{"detail":"#)) }
    }

    @Test(
        "what the parser refuses has the shape of every other error, behind the answers to those before it",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "400"),
            ("POST /api/wish HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
            ("POST /api/wish HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400"),
            ("GET\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n", "431"),
        ])
    func parserErrors(bytes: String, status: String) async throws {
        let before = "GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n"
        for ahead in [0, 1, 2] {
            let (answer, lines) = try await Self.exchange([String(repeating: before, count: ahead) + bytes])
            let answers = answer.split(separator: "HTTP/1.1 ")
            #expect(answers.map { String($0.prefix(3)) } == Array(repeating: "200", count: ahead) + [status])
            #expect(answers.last?.contains(#"{"detail":"#) == true, "\(answer)")
            #expect(answers.last?.contains("application/json") == true)
            #expect(lines.isEmpty)
        }
    }

    @Test(
        "a body that breaks off or is not what it says is the sender's fault: 400 or no answer, and no line in the log",
        arguments: [
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", "Transfer-Encoding: gzip\r\n\r\nabc",
            "Content-Length: 10\r\n\r\nabc", "Content-Length: -1\r\n\r\nabc", "Content-Length: x\r\n\r\nabc",
            "Content-Length: 99999999999999999999999\r\n\r\nabc", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ])
    func brokenBody(rest: String) async throws {
        for end in [true, false] where end || !rest.hasPrefix("Content-Length: 10") {
            let (answer, lines) = try await Self.exchange(
                ["POST /api/wish HTTP/1.1\r\nHost: a\r\n\(rest)"], end: end)
            let isRefused = answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.1 408 ")
            #expect(isRefused, "\(answer)")
            #expect(!answer.contains("HTTP/1.1 200") && !answer.contains("HTTP/1.1 5"))
            #expect(lines.isEmpty, "\(lines)")
        }
    }

    @Test(
        "a target that is odd is answered like any other, and never with a fault of ours",
        arguments: [
            "http://elsewhere/api/health", "//api/health", "/api//health", "/api/%68ealth", "/api/things%2Fa",
            "/api/health%00", "/%", "/%zz", "/api/../api/health", "*", "/\u{7F}", "/api/health?%", "/api/health?a=%ff",
            "/api/health#x", "/" + String(repeating: "a/", count: 4000), "/api/health%0d%0aX:%20y",
        ])
    func oddTarget(target: String) async throws {
        for method in ["GET", "POST", "OPTIONS", "HEAD"] {
            let (answer, lines) = try await Self.exchange([
                "\(method) \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            ])
            let isAnswered = ["HTTP/1.1 2", "HTTP/1.1 4"].contains { answer.hasPrefix($0) }
            #expect(isAnswered, "\(answer)")
            #expect(!answer.contains("\nX: y"))
            #expect(lines.isEmpty, "\(lines)")
        }
    }

    @Test(
        "what is no HTTP is answered with 400 or not at all",
        arguments: [
            "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
            "G\u{7}T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
            "\u{16}\u{03}\u{01}\u{02}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ])
    func noHTTP(bytes: String) async throws {
        let (answer, lines) = try await Self.exchange([bytes], end: true)
        let isRefused = answer.isEmpty || answer.hasPrefix("HTTP/1.1 4")
        #expect(isRefused, "\(answer)")
        #expect(lines.isEmpty, "\(lines)")
    }

    @Test("a client of HTTP/1.0 gets an answer without chunks that ends with the connection, Host or none")
    func oldClient() async throws {
        for head in ["", "Host: a\r\n", "Connection: keep-alive\r\n"] {
            let (answer, _) = try await Self.exchange(["GET /api/health HTTP/1.0\r\n\(head)\r\n"])
            #expect(answer.hasPrefix("HTTP/1.0 200 "))
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
            #expect(!answer.lowercased().contains("transfer-encoding"))
            #expect(answer.hasSuffix("\r\n\r\n" + #"{"status":"ok"}"#))
        }
    }

    @Test("who asks whether to go on with a body is told to, before the body comes")
    func expectation() async throws {
        let answer = try await withListener(ConnectionLimitTests.routes()) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /api/wish HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
                        + "Connection: close\r\n\r\n")
                _ = try await connection.until("HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.send("abc")
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix(#"{"bytes":3}"#))
        let (other, _) = try await Self.exchange(["GET /api/health HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n"])
        #expect(other.hasPrefix("HTTP/1.1 417 "))
    }

    @Test("a request that is refused as such does not come before the answers to those ahead of it")
    func order() async throws {
        let (answer, _) = try await Self.exchange([
            "GET /api/health HTTP/1.1\r\nHost: a\r\n\r\nGET /api/health HTTP/1.1\r\n\r\n"
        ])
        let statuses = answer.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses == ["200", "400"])
    }
}

/// Keeps what is logged above `debug`.
private final class LineLog: LogHandler {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        guard event.level >= .notice else { return }
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
