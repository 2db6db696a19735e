import AsyncHTTPClient
import FleetClient
import FleetModel
import NIOCore
import NIOPosix
import Testing

@Suite("The client of a daemon")
struct DaemonClientTests {
    static let list =
        #"{"workloads":[{"name":"a","type":"agent","run_mode":"forever","status":"running","#
        + #""pid":7,"run_count":1}]}"#

    @Test("reads the list over a socket and over a port", arguments: ScriptedServer.Place.allCases)
    func reads(_ place: ScriptedServer.Place) async throws {
        try await ScriptedServer.serving(.json(Self.list), on: place) { server in
            let workloads = try await client(of: server).list()
            #expect(workloads.map(\.name) == ["a"])
            #expect(workloads.first?.pid == 7)
            #expect(server.requests.first?.hasPrefix("GET /api/list HTTP/1.1\r\n") == true)
        }
    }

    struct Call: Sendable, CustomTestStringConvertible {
        var line: String
        var answer: String
        var run: @Sendable (DaemonClient) async throws -> Void
        var testDescription: String { line }
    }

    static let done = #"{"success":true,"message":"ok"}"#
    static let calls = [
        Call(line: "GET /api/health", answer: #"{"status":"ok"}"#) { _ = try await $0.health() },
        Call(line: "POST /api/start/a.b-c_1", answer: done) { _ = try await $0.act(.start, on: "a.b-c_1") },
        Call(line: "POST /api/stop/a", answer: done) { _ = try await $0.act(.stop, on: "a") },
        Call(line: "POST /api/restart/a", answer: done) { _ = try await $0.act(.restart, on: "a") },
        Call(line: "POST /api/stop/..%2Fa%3Fb%20%23", answer: done) { _ = try await $0.act(.stop, on: "../a?b #") },
        Call(
            line: "POST /api/reload",
            answer: #"{"success":true,"changes":{"added":["a"],"removed":[],"restarted":[],"unchanged":[]}}"#
        ) {
            let changes = try await $0.reload().changes
            #expect(changes.added == ["a"])
        },
        Call(line: "GET /api/logs/a?lines=3", answer: #"{"name":"a","lines":["x","y"]}"#) {
            let lines = try await $0.logs("a", lines: 3).lines
            #expect(lines == ["x", "y"])
        },
        Call(line: "POST /api/shutdown", answer: done) { _ = try await $0.shutdown(keepingWorkloads: false) },
        Call(line: "POST /api/shutdown?keep_workloads=true", answer: done) {
            _ = try await $0.shutdown(keepingWorkloads: true)
        },
    ]

    @Test("asks as the contract says", arguments: calls)
    func asks(_ call: Call) async throws {
        try await ScriptedServer.serving(.json(call.answer)) { server in
            try await call.run(client(of: server))
            #expect(server.requests.first?.hasPrefix(call.line + " HTTP/1.1\r\n") == true, "\(server.requests)")
        }
    }

    @Test("sends its token, and no path of a socket as the host")
    func headers() async throws {
        try await ScriptedServer.serving(.json(Self.list), on: .socket) { server in
            _ = try await DaemonClient(server.address, token: "sesame", http: Self.http).list()
            let head = try #require(server.requests.first).lowercased()
            #expect(head.contains("\r\nauthorization: bearer sesame"))
            #expect(head.contains("\r\nhost: localhost"))
        }
    }

    @Test("passes on what an error says, with its file errors")
    func errorAnswers() async throws {
        let body = #"{"detail":"fix it","errors":[{"file":"a.yaml","line":1,"column":2,"message":"no"}]}"#
        let issue = ConfigIssue(file: "a.yaml", line: 1, column: 2, message: "no")
        try await ScriptedServer.serving(.json(body, status: "422 Unprocessable Content")) { server in
            let error = await failure { try await client(of: server).reload() }
            #expect(error == .answered(status: 422, ErrorAnswer(detail: "fix it", errors: [issue])))
        }
    }

    @Test("an error that is not ours is told by its status", arguments: ["502 Bad Gateway", "302 Found"])
    func foreignErrors(_ status: String) async throws {
        let reply = "HTTP/1.1 \(status)\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 6\r\n\r\n<html>"
        try await ScriptedServer.serving(.bytes(reply)) { server in
            let error = await failure { try await client(of: server).list() }
            #expect(error?.description == "\(server.address.name) answered \(status)")
        }
    }

    @Test(
        "an answer that is not what was agreed says what is wrong with it",
        arguments: [
            ("<html>", "it is no JSON"),
            ("{}", "'workloads' is missing"),
            (#"{"workloads":3}"#, "'workloads' is of another type"),
            (#"{"workloads":[{"type":"agent"}]}"#, "'workloads.0.name' is missing"),
            (
                #"{"workloads":[{"name":"a","type":"agent","run_mode":"forever","status":"running","last_started":"never"}]}"#,
                "'workloads.0.last_started' has an unknown value"
            ),
        ])
    func unreadable(_ body: String, _ part: String) async throws {
        try await ScriptedServer.serving(.json(body)) { server in
            let error = await failure { try await client(of: server).list() }
            #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        }
    }

    @Test("an answer without end is not read")
    func tooLong() async throws {
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{"
        try await ScriptedServer.serving(.bytes(reply)) { server in
            let error = await failure { try await client(of: server).list() }
            #expect(error == .unreadable(server: server.address.name, reason: "it is too long"))
        }
    }

    @Test("what speaks no HTTP is told from what is not there")
    func noHTTP() async throws {
        try await ScriptedServer.serving(.bytes("SSH-2.0-OpenSSH_9.2\r\n")) { server in
            let error = await failure { try await client(of: server).list() }
            guard case .unreadable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("a call, and the beginning of a followed log, end when nobody answers in time")
    func timeouts() async throws {
        try await ScriptedServer.serving(.silence) { server in
            let hasty = TimeLimits(prompt: 0.1, patient: 0.2)
            let daemon = DaemonClient(server.address, http: Self.http, limits: hasty)
            #expect(await failure { try await daemon.list() } == .timedOut(server: server.address.name, seconds: 0.1))
            #expect(
                await failure { try await daemon.act(.stop, on: "a") }
                    == .timedOut(server: server.address.name, seconds: 0.2))
            let followed = await failure { try await daemon.followLogs("a", lines: 1) }
            #expect(followed == .timedOut(server: server.address.name, seconds: 0.1))
        }
    }

    @Test("an answer that begins and does not end is given up in time, an error of a followed log too")
    func endlessAnswers() async throws {
        for status in ["200 OK", "404 Not Found"] {
            try await ScriptedServer.serving(.beginning("HTTP/1.1 \(status)\r\nContent-Length: 1000\r\n\r\n{")) {
                server in
                let hasty = TimeLimits(prompt: 0.1, patient: 0.1)
                let daemon = DaemonClient(server.address, http: Self.http, limits: hasty)
                let late = FleetClientError.timedOut(server: server.address.name, seconds: 0.1)
                #expect(await failure { try await daemon.list() } == late)
                if status != "200 OK" { #expect(await failure { try await daemon.followLogs("a", lines: 1) } == late) }
            }
        }
    }

    @Test("a connection that is closed instead of answered is no answer", arguments: ScriptedServer.Place.allCases)
    func closed(_ place: ScriptedServer.Place) async throws {
        try await ScriptedServer.serving(.bytes(""), on: place) { server in
            let error = await failure { try await client(of: server).list() }
            #expect(error?.description.contains("closed the connection") == true, "\(String(describing: error))")
        }
    }

    static let http = HTTPClient.fleet()

    private func client(of server: ScriptedServer) -> DaemonClient { DaemonClient(server.address, http: Self.http) }
}

/// The error of a call that must fail.
func failure<Value>(_ body: () async throws -> Value) async -> FleetClientError? {
    do {
        _ = try await body()
        return nil
    } catch {
        let known = error as? FleetClientError
        if known == nil { Issue.record("another error than those that are promised: \(error)") }
        return known
    }
}
