import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOPosix
import Testing

@testable import FleetClient

/// What a server may send that no server sends: an error of that request, and the next one works.
@Suite("Answers that make no sense", .timeLimit(.minutes(2)))
struct SenselessAnswerTests {
    private static let long = String(repeating: "x", count: 1000)

    /// The bytes, and what is said of them.
    static let answers: [(String, String)] = [
        ("HTTP/1.1 099 X\r\n\r\n", "it has the status 99"),
        ("HTTP/1.1 099 X\r\nContent-Length: 3\r\n\r\nabc", "it has the status 99"),
        ("HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n", "it has the status 0"),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "the status 101"),
        ("HTTP/1.1 101 X\r\nContent-Length: 3\r\n\r\nabc", "the status 101"),
        ("HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", "it has the status 999"),
        ("HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n", "it has the status 600"),
        ("HTTP/1.1 1000 X\r\nContent-Length: 0\r\n\r\n", ""),
        ("HTTP/1.1 18446744073709551616 X\r\n\r\n", ""),
        ("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 200), "it says 'wait' without end"),
        (String(repeating: "HTTP/1.1 102 X\r\nA: \(long)\r\n\r\n", count: 10), ""),
        (
            "HTTP/1.1 200 OK\r\n" + (0..<1000).map { "X-\($0): \(long)\r\n" }.joined() + "\r\n",
            "its headers do not end"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n[]", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nx", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n"
                + (0..<1000).map { "X-\($0): \(long)\r\n" }.joined(),
            "its headers do not end"
        ),
        (
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u{1F}\u{0B}\u{08}",
            ""
        ),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", ""),
        ("\r\n\r\n\r\n\r\n", ""), ("\0\0\0\0", ""), ("HTTP/1.1", ""), ("SSH-2.0-OpenSSH_9.2\r\n", ""),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""),
    ]

    @Test("each is an error of its own request, and ends nothing else", arguments: answers)
    func refused(bytes: String, reason: String) async throws {
        try await ScriptedServer.serving(.bytes(bytes), .json("[]")) { server async throws in
            let client = CentralClient(url: server.url, token: nil, http: DaemonClientTests.http)
            do {
                _ = try await client.clients()
                Issue.record("it was taken for an answer")
            } catch {
                let isTold = reason.isEmpty || "\(error)".contains(reason)
                #expect(isTold, "\(error)")
                #expect("\(error)".utf8.count < 500)
                #expect(error is FleetClientError)
            }
            #expect(try await client.clients().isEmpty)
        }
    }

    @Test("so it is for streams and for probes", arguments: answers)
    func streamsAndProbes(bytes: String, reason: String) async throws {
        try await ScriptedServer.serving(.bytes(bytes), .json("[]")) { server async throws in
            let client = CentralClient(url: server.url, token: nil, http: DaemonClientTests.http)
            do {
                for try await _ in try await client.events() { Issue.record("it was taken for an event") }
            } catch {
                #expect(error is FleetClientError)
            }
            #expect(await HTTPProbe(DaemonClientTests.http).isUp(server.url + "/", seconds: 20))
        }
        try await ScriptedServer.serving(.bytes(bytes)) { server async throws in
            let isUp = await HTTPProbe(DaemonClientTests.http).isUp(server.url + "/", seconds: 20)
            // A body that breaks off is of no interest to a probe.
            #expect(!isUp || bytes.hasPrefix("HTTP/1.1 20"))
        }
    }

    @Test("an answer that nobody asked for is an error of the request before it, and the next one works")
    func unasked() async throws {
        let two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
        try await ScriptedServer.serving(.bytes(two + two + two), .json("[]")) { server async throws in
            let client = CentralClient(url: server.url, token: nil, http: DaemonClientTests.http)
            let error = await #expect(throws: FleetClientError.self) { try await client.clients() }
            #expect(
                error.map { "\($0)" }?.contains("it answers what was not asked") == true, "\(String(describing: error))"
            )
            #expect(try await client.clients().isEmpty)
        }
    }

    @Test("what a server may say before its answer is passed over")
    func informational() async throws {
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
        try await ScriptedServer.serving(.bytes(early + answer)) { server async throws in
            let client = CentralClient(url: server.url, token: nil, http: DaemonClientTests.http)
            #expect(try await client.clients().isEmpty)
        }
    }

    @Test("a long answer is no long head")
    func longBody() async throws {
        let body = "[" + String(repeating: " ", count: 1 << 20) + "]"
        try await ScriptedServer.serving(.json(body)) { server async throws in
            let client = CentralClient(url: server.url, token: nil, http: DaemonClientTests.http)
            #expect(try await client.clients().isEmpty)
        }
    }
}

extension ScriptedServer {
    fileprivate var url: String { if case .url(let url) = address { url } else { "" } }
}
