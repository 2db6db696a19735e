import FleetHTTP
import FleetModel
import NIOCore
import NIOHTTP1
import Testing

@testable import CentralServer

@Suite("Refused requests")
struct RefusalTests {
    static func address(_ text: String) throws -> AddressBlock {
        AddressBlock(try SocketAddress(ipAddress: text, port: 1))
    }

    static func note(_ tally: inout RefusalTally, _ address: AddressBlock, _ path: String, minute: Int64) {
        tally.note(
            address, status: 401, method: "POST", path: path, reason: "no",
            at: Timestamp(milliseconds: minute * 60_000 + 59_999))
    }

    @Test("they are counted by address and minute, with the last of each")
    func tally() throws {
        var tally = RefusalTally()
        let (one, other) = (try Self.address("192.0.2.1"), try Self.address("2001:db8::7"))
        for number in 1...100 { Self.note(&tally, one, "/\(number)", minute: 5) }
        Self.note(&tally, other, "/a\u{1b}[2J\u{9b}\u{202e}\n", minute: 5)
        Self.note(&tally, one, "/" + String(repeating: "b", count: 9999), minute: 6)
        let rows = tally.drain().sorted { ($0.time, $0.address) < ($1.time, $1.address) }
        #expect(rows.map(\.count) == [100, 1, 1])
        #expect(rows.map(\.address) == ["192.0.2.1", "2001:db8:0:0::/64", "192.0.2.1"])
        #expect(rows.map(\.time.milliseconds) == [300_000, 300_000, 360_000])
        #expect(rows[0].request == "POST /100")
        #expect(rows[1].request == "POST /a?[2J???")
        #expect(rows[2].request.utf8.count <= 221)
        #expect(tally.drain().isEmpty)
    }

    @Test("addresses without an end are others, and so is all that comes of them in that minute")
    func others() throws {
        var tally = RefusalTally()
        for number in 0..<10_000 {
            Self.note(&tally, try Self.address("10.0.\(number / 250).\(number % 250)"), "/", minute: 5)
            // As it is flushed meanwhile.
            if number == 100 { #expect(tally.drain().count == 101) }
        }
        let rows = tally.drain()
        #expect(rows.count == RefusalTally.addresses - 101 + 1)
        #expect(rows.first { $0.address == "others" }?.count == 10_000 - RefusalTally.addresses)
        // A clock that jumps about.
        for minute in 0..<10_000 { Self.note(&tally, try Self.address("10.0.0.1"), "/", minute: Int64(minute)) }
        #expect(tally.drain().count <= 4 * RefusalTally.addresses)
    }

    @Test("changes without a token leave every line of the audit where it is, however many, and are a row each minute")
    func audit() async throws {
        var limits = FleetStoreLimits()
        limits.audit = 20
        try await TestCentral.run(settings: .guarded, store: MemoryFleetStore(limits: limits)) { central async throws in
            _ = try await central.report("a")
            _ = try await central.ask(.DELETE, "/api/fleet/clients/a", token: "o")
            let one = "POST /api/fleet/clients/a/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
            let last = "POST /clients/a/act HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            let answers = try await central.raw(String(repeating: one, count: 249) + last)
            #expect(answers.hasPrefix("HTTP/1.1 401 "))
            let entries = try await central.ask(.GET, "/api/fleet/audit?limit=1000").json([AuditEntry].self)
            #expect(entries.map(\.action) == ["forget"])
            central.state.flush()
            let rows = try await central.ask(.GET, "/api/fleet/refusals").json([Refusal].self)
            #expect(rows.map(\.count) == [250])
            #expect(rows.first?.address == "127.0.0.1")
            #expect(rows.first?.request == "POST /clients/a/act")
            #expect(rows.first?.status == 401)
            #expect(rows.first?.reason == "this needs a token: send the header 'Authorization: Bearer <token>'")
        }
    }

    @Test(
        "what is refused is counted, and only that",
        arguments: [
            (.POST, "/api/fleet/clients/a/reload", nil, 1), (.POST, "/api/fleet/clients/a/reload", "r", 1),
            (.POST, "/api/heartbeat", "wrong", 1), (.POST, "/api/heartbeat", "all", 1),
            (.GET, "/api/fleet/audit", nil, 1), (.GET, "/api/fleet/clients", "wrong", 1),
            (.POST, "/login", nil, 1), (.GET, "/api/fleet/clients", "r", 0), (.GET, "/api/fleet/audit?limit=0", "r", 0),
            (.GET, "/api/nothing", nil, 0), (.GET, "/", nil, 0), (.GET, "/login", nil, 0),
        ] as [(HTTPMethod, String, String?, Int)])
    func counted(method: HTTPMethod, path: String, token: String?, count: Int) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            _ = try await central.ask(method, path, token: token, body: method == .POST ? "x" : nil)
            central.state.flush()
            let rows = try await central.ask(.GET, "/api/fleet/refusals").json([Refusal].self)
            #expect(rows.map(\.count) == (count == 0 ? [] : [count]))
            #expect(try await central.ask(.GET, "/api/fleet/audit").json([AuditEntry].self).isEmpty)
            let page = try await central.ask(.GET, "/audit", token: "r").text
            #expect(page.contains("<h2>Refused</h2>") == (count > 0))
        }
    }

    @Test("they are read as the audit is", arguments: [(nil, 401), ("h", 403), ("r", 200)] as [(String?, Int)])
    func access(token: String?, status: Int) async throws {
        try await TestCentral.run(settings: .guarded) { central async throws in
            #expect(try await central.ask(.GET, "/api/fleet/refusals", token: token).status == status)
            #expect(try await central.ask(.GET, "/api/fleet/refusals?limit=1001").status == 400)
        }
    }

    @Test("the store adds up, has the newest first, and drops the oldest minutes", arguments: [true, false])
    func store(isMemory: Bool) throws {
        let folder = try temporaryFolder()
        defer { removeFolder(folder) }
        var limits = FleetStoreLimits()
        limits.refusals = 100
        let store: any FleetStore =
            isMemory
            ? MemoryFleetStore(limits: limits) : try SQLiteFleetStore(path: folder + "/fleet.db", limits: limits)
        func refusal(_ minute: Int64, _ address: String, count: Int = 1, reason: String = "no") -> Refusal {
            Refusal(
                time: Timestamp(milliseconds: minute * 60_000), address: address, count: count, status: 401,
                request: "POST /", reason: reason)
        }
        try store.add([refusal(1, "a", count: 3), refusal(1, "b")])
        try store.add([refusal(2, "a"), refusal(1, "a", count: 2, reason: "again")])
        #expect(
            try store.refusals(limit: 10)
                == [refusal(2, "a"), refusal(1, "a", count: 5, reason: "again"), refusal(1, "b")])
        #expect(try store.refusals(limit: 1) == [refusal(2, "a")])
        for minute in 3...12 as ClosedRange<Int64> {
            try store.add((0..<20).map { refusal(minute, "address-\($0)") })
        }
        let rows = try store.refusals(limit: 1_000_000)
        #expect(rows.count == 100)
        #expect(rows.last?.time == refusal(8, "").time)
    }
}
