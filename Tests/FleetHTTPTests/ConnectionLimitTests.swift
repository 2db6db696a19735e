import FleetHTTP
import FleetModel
import Hummingbird
import NIOCore
import Testing

/// With real sockets, and times short enough to be waited for.
@Suite("What a connection may cost", .timeLimit(.minutes(1)))
struct ConnectionLimitTests {
    static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.lingerTime = .milliseconds(100)
        change(&limits)
        return limits
    }

    static func routes(_ policy: Routes = openRoutes()) -> Routes {
        var routes = policy
        routes.on(Endpoint(.get, "/api/health"), needs: .open) { _, _ in try .json(["status": "ok"]) }
        routes.on(Endpoint(.post, "/api/wish"), needs: .open) { request, _ in
            try .json(["bytes": try await request.wholeBody(upTo: 1000).readableBytes])
        }
        return routes
    }

    @Test("headers that never end are cut off with 408")
    func slowHeaders() async throws {
        let limits = Self.limits { $0.headerTime = .milliseconds(150) }
        let answer = try await withListener(Self.routes(), limits: limits) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /api/health HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(answer.contains(#"{"detail":"the headers did not come within 150 ms; send the request again"}"#))
    }

    @Test("headers that drip have no more time than others")
    func slowLoris() async throws {
        let limits = Self.limits { $0.headerTime = .milliseconds(200) }
        let answer = try await withListener(Self.routes(), limits: limits) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /api/health HTTP/1.1\r\nHost: a\r\n")
                let outbound = connection.outbound
                async let dripping: Void = {
                    while true {
                        try await outbound.write(ByteBuffer(string: "X"))
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }()
                let answer = try await connection.untilClosed()
                _ = try? await dripping
                return answer
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
    }

    @Test("a body that never ends is cut off with 408")
    func slowBody() async throws {
        let limits = Self.limits { $0.bodyTime = .milliseconds(150) }
        let answer = try await withListener(Self.routes(), limits: limits) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("POST /api/wish HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123")
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(answer.contains("the body did not come"))
    }

    @Test("a connection without a request is closed, before the first and after one")
    func idle() async throws {
        let limits = Self.limits { $0.idleTime = .seconds(2) }
        let answers = try await withListener(Self.routes(), limits: limits) { port in
            let silent = try await RawConnection.open(port: port) { try await $0.untilClosed() }
            let once = try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")
                return try await connection.untilClosed()
            }
            return [silent, once]
        }
        #expect(answers[0].isEmpty)
        #expect(answers[1].hasPrefix("HTTP/1.1 200 "))
    }

    @Test("a body over the limit is answered at once, though it says it is short", arguments: [true, false])
    func tooLarge(saysSo: Bool) async throws {
        let answer = try await withListener(Self.routes()) { port in
            try await RawConnection.open(port: port) { connection in
                let body = String(repeating: "x", count: 1001)
                if saysSo {
                    try await connection.send("POST /api/wish HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
                } else {
                    try await connection.send(
                        "POST /api/wish HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\(body)\r\n")
                }
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.lowercased().contains("connection: close"))
    }

    @Test("what is not HTTP is answered with 400", arguments: ["\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "a b c d\r\n\r\n"])
    func noHTTP(text: String) async throws {
        let answer = try await withListener(Self.routes()) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(text)
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
    }

    @Test("headers have a bound")
    func manyHeaders() async throws {
        let answer = try await withListener(Self.routes()) { port in
            try await RawConnection.open(port: port) { connection in
                let value = String(repeating: "x", count: 40_000)
                try await connection.send("GET /api/health HTTP/1.1\r\nHost: a\r\nX-Long: \(value)\r\n\r\n")
                return try await connection.untilClosed()
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 4"))
    }

    @Test("two requests in one go get their answers in order")
    func pipelined() async throws {
        let answer = try await withListener(Self.routes()) { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "GET /api/health HTTP/1.1\r\nHost: a\r\n\r\nGET /api/no HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                )
                return try await connection.untilClosed()
            }
        }
        let ok = try #require(answer.ranges(of: "200 OK").first)
        let missing = try #require(answer.ranges(of: "404 Not Found").first)
        #expect(ok.lowerBound < missing.lowerBound)
    }
}
