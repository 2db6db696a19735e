import AsyncHTTPClient
import FleetHTTP
import FleetModel
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@Suite("Answers and errors")
struct AnswerTests {
    struct Fault: Error {}
    struct Wish: Codable {
        var count: Int
        var inner: [String: Int]?
    }

    static func routes() -> Routes {
        var routes = openRoutes()
        routes.on(Endpoint(.get, "/api/things/{name}"), needs: .open) { request, context in
            try .json(["name": context.names[0], "lines": "\(try request.lines())"])
        }
        routes.on(Endpoint(.delete, "/api/things/{name}"), needs: .operate) { _, _ in try .json(["done": true]) }
        routes.on(Endpoint(.get, "/api/follow"), needs: .open) { request, _ in
            try .json(["follow": try request.flag("follow")])
        }
        routes.on(Endpoint(.post, "/api/wish"), needs: .open) { request, _ in
            try .json(["count": try await request.json(Wish.self, upTo: 1000).count])
        }
        routes.on(Endpoint(.post, "/api/broken"), needs: .open) { _, _ in throw Fault() }
        routes.on(Endpoint(.post, "/api/invalid"), needs: .open) { _, _ in
            throw APIError.invalidConfiguration([ConfigIssue(file: "a.yaml", line: 2, column: 3, message: "wrong")])
        }
        return routes
    }

    @Test("what is meant for another client is refused before anything is done, and says who answers")
    func otherClient() async throws {
        var routes = Self.routes()
        routes.clientName = "here"
        try await withListener(routes) { port in
            for (meant, status) in [("here", 200), ("there", 421), ("here, there", 421), ("", 421), (nil, 200)] {
                var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/things/x")
                request.method = .DELETE
                if let meant { request.headers.add(name: "mctl-client", value: meant) }
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
                #expect(Int(response.status.code) == status, "\(meant ?? "-")")
                #expect(response.headers["Mctl-Client"] == ["here"])
                let body = try await response.body.collect(upTo: 1 << 20)
                guard status == 421 else { continue }
                let answer = try JSONDecoder().decode(ErrorAnswer.self, from: Data(body.readableBytesView))
                #expect(answer.clientName == "here")
                #expect(answer.detail.hasPrefix("this is client 'here', not "))
            }
        }
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String
        var detail: String? {
            (try? JSONDecoder().decode(ErrorAnswer.self, from: Data(text.utf8)))?.detail
        }
    }

    static func ask(_ method: HTTPMethod, _ path: String, body: String? = nil) async throws -> Answer {
        try await withListener(routes()) { port in try await ask(method, path, body: body, port: port) }
    }

    static func ask(_ method: HTTPMethod, _ path: String, body: String? = nil, port: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        return Answer(status: Int(response.status.code), headers: response.headers, text: text)
    }

    @Test(
        "what is not right is answered with its code and one sentence",
        arguments: [
            (.GET, "/api/nothing", nil, 404, "there is no such path: '/api/nothing'"),
            (.GET, "/nothing", nil, 404, "there is no such path: '/nothing'"),
            (.PUT, "/api/things/a", nil, 405, "'/api/things/a' does not take PUT; use DELETE, GET, HEAD"),
            (.GET, "/api/wish", nil, 405, "'/api/wish' does not take GET; use POST"),
            (
                .GET, "/api/things/a%2f..%2fb", nil, 404,
                "there is nothing of that name: a name is \(Identifier.nameRule)"
            ),
            (.GET, "/api/things/.a", nil, 404, "there is nothing of that name: a name is \(Identifier.nameRule)"),
            (.GET, "/api/things/%zz", nil, 404, "there is nothing of that name: a name is \(Identifier.nameRule)"),
            (.GET, "/api/things/a?lines=0", nil, 400, "'lines' must be a whole number from 1 to 10000"),
            (.GET, "/api/things/a?lines=10001", nil, 400, "'lines' must be a whole number from 1 to 10000"),
            (.GET, "/api/things/a?lines=x", nil, 400, "'lines' must be a whole number from 1 to 10000"),
            (.GET, "/api/follow?follow=maybe", nil, 400, "'follow' must be true or false"),
            (.POST, "/api/wish", "{", 400, "the body is not valid JSON"),
            (.POST, "/api/wish", "", 400, "the body is not valid JSON"),
            (.POST, "/api/wish", "{}", 400, "'count' is missing"),
            (.POST, "/api/wish", #"{"count":"three"}"#, 400, "'count' has a value of the wrong type"),
            (.POST, "/api/wish", #"{"count":1,"inner":{"a":"b"}}"#, 400, "'inner.a' has a value of the wrong type"),
            (
                .POST, "/api/wish", String(repeating: " ", count: 1001), 413,
                "the body is too large: at most 0 KiB are read"
            ),
        ] as [(HTTPMethod, String, String?, Int, String)])
    func refusals(method: HTTPMethod, path: String, body: String?, status: Int, detail: String) async throws {
        let answer = try await Self.ask(method, path, body: body)
        #expect(answer.status == status)
        #expect(answer.detail == detail)
        #expect(answer.headers["content-type"] == ["application/json; charset=utf-8"])
    }

    @Test("a wrong method is told the right ones")
    func allow() async throws {
        #expect(try await Self.ask(.POST, "/api/things/a").headers["allow"] == ["DELETE, GET, HEAD"])
    }

    @Test("a name arrives decoded, and a query parameter that is not known does no harm")
    func name() async throws {
        let answer = try await Self.ask(.GET, "/api/things/%61.b-c_1?lines=7&colour=red")
        #expect(answer.text.contains(#""name":"a.b-c_1""#) && answer.text.contains(#""lines":"7""#))
    }

    @Test("every answer says that it is not to be sniffed, kept or told about")
    func headers() async throws {
        for path in ["/api/things/a", "/api/nothing"] {
            let headers = try await Self.ask(.GET, path).headers
            #expect(headers["x-content-type-options"] == ["nosniff"])
            #expect(headers["cache-control"] == ["no-store"])
            #expect(headers["referrer-policy"] == ["same-origin"])
            #expect(headers["date"].first?.hasSuffix(" GMT") == true)
        }
    }

    @Test("a HEAD has the headers of the GET and no body")
    func head() async throws {
        let answer = try await Self.ask(.HEAD, "/api/things/a")
        #expect(answer.status == 200)
        #expect(answer.text.isEmpty)
    }

    @Test("files that do not validate are listed")
    func invalid() async throws {
        let answer = try await Self.ask(.POST, "/api/invalid")
        let error = try JSONDecoder().decode(ErrorAnswer.self, from: Data(answer.text.utf8))
        #expect(answer.status == 422)
        #expect(error.errors == [ConfigIssue(file: "a.yaml", line: 2, column: 3, message: "wrong")])
    }

    @Test("a fault of ours shows a number, and the log has the cause under it")
    func fault() async throws {
        let log = LogBox()
        let logger = Logger(label: "test") { _ in log }
        let answer = try await withListener(Self.routes(), logger: logger) { port in
            try await Self.ask(.POST, "/api/broken", port: port)
        }
        let error = try JSONDecoder().decode(ErrorAnswer.self, from: Data(answer.text.utf8))
        let id = try #require(error.requestID)
        #expect(answer.status == 500)
        #expect(!answer.text.contains("Fault"))
        #expect(log.lines.withLock { $0 }.contains { $0.contains("Fault") && $0.contains(id) })
    }
}

/// Keeps what is logged.
final class LogBox: LogHandler {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata.map { "\($0)" } ?? "")") }
    }
}
