import AsyncHTTPClient
import FleetClient
import Testing

@Suite("A followed log")
struct FollowedLogTests {
    @Test("gives each line with the id to go on from", arguments: ScriptedServer.Place.allCases)
    func lines(_ place: ScriptedServer.Place) async throws {
        try await ScriptedServer.serving(.events("id: 2\ndata: a\n\n: keep-alive\n\nid: 4\ndata: b\n\n"), on: place) {
            let stream = try await DaemonClient($0.address, http: DaemonClientTests.http).followLogs("x", lines: 9)
            #expect(try await events(of: stream).map { [$0.id, $0.data] } == [["2", "a"], ["4", "b"]])
            let head = try #require($0.requests.first)
            #expect(head.hasPrefix("GET /api/logs/x?lines=9&follow=true HTTP/1.1\r\n"))
            #expect(!head.lowercased().contains("last-event-id"))
        }
    }

    @Test("goes on after the last line that was read when the connection broke")
    func resumes() async throws {
        try await ScriptedServer.serving(.brokenEvents("id: 2\ndata: a\n\n"), .events("id: 4\ndata: b\n\n")) { server in
            let daemon = DaemonClient(server.address, http: DaemonClientTests.http)
            var read: [StreamEvent] = []
            await #expect(throws: FleetClientError.self) {
                for try await event in try await daemon.followLogs("x", lines: 9) { read.append(event) }
            }
            #expect(read.map(\.data) == ["a"])
            let rest = try await daemon.followLogs("x", lines: 9, after: read.last?.id)
            #expect(try await events(of: rest).map(\.data) == ["b"])
            #expect(server.requests.last?.lowercased().contains("\r\nlast-event-id: 2") == true)
        }
    }

    @Test("of a workload that is not there is an error before it begins")
    func unknown() async throws {
        try await ScriptedServer.serving(.json(#"{"detail":"no such"}"#, status: "404 Not Found")) { server in
            let daemon = DaemonClient(server.address, http: DaemonClientTests.http)
            let error = await failure { try await daemon.followLogs("x", lines: 9) }
            #expect(error?.description == "no such")
        }
    }

    private func events(of stream: EventStream) async throws -> [StreamEvent] {
        var events: [StreamEvent] = []
        for try await event in stream { events.append(event) }
        return events
    }
}
