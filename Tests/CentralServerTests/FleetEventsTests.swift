import AsyncHTTPClient
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import CentralServer

@Suite("The event stream of a central", .timeLimit(.minutes(2)))
struct FleetEventsTests {
    static func workload(_ name: String, _ status: WorkloadStatus, runs: Int = 1) -> Workload {
        Workload(name: name, type: .agent, runMode: .forever, status: status, runCount: runs)
    }

    static func client(_ central: TestCentral, _ http: HTTPClient, token: String? = "all") -> CentralClient {
        CentralClient(url: "http://127.0.0.1:\(central.port)", token: token, http: http)
    }

    /// Reads events until one is as wanted.
    static func read(
        _ iterator: inout EventStream.Iterator, until isWanted: (FleetEvent) -> Bool
    ) async throws -> [FleetEvent] {
        var events: [FleetEvent] = []
        while let event = try await iterator.next() {
            guard let decoded = try FleetEvent(event: event.event, data: event.data) else { continue }
            events.append(decoded)
            if isWanted(decoded) { return events }
        }
        Issue.record("the stream ended after \(events)")
        return events
    }

    static func withHTTP<Value>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
        let http = HTTPClient.fleet()
        do {
            let value = try await body(http)
            try await http.shutdown()
            return value
        } catch {
            try await http.shutdown()
            throw error
        }
    }

    @Test(
        "what cannot be wanted of the stream is refused in a sentence",
        arguments: ["events=heartbeat", "events=", "client=..%2Fa", "client=", "pause_ms=4", "pause_ms=x"])
    func refused(query: String) async throws {
        try await TestCentral.run(settings: .guarded) { central in
            let answer = try await central.ask(.GET, "/api/fleet/events?" + query)
            #expect(answer.status == 400 && answer.detail != nil)
        }
    }

    @Test("a reader of one client hears of no other, and still knows how far it is")
    func oneClient() async throws {
        try await TestCentral.run(settings: .guarded) { central in
            let begin = central.state.events.id(of: central.state.events.position)
            for number in 0..<1100 {
                central.state.events.append("client", about: "b") { $0.writeString("{\"number\":\(number)}") }
            }
            let path = "/api/fleet/events?client=a&events=client,workload&pause_ms=20"
            try await Self.withHTTP { http in
                var request = HTTPClientRequest(url: "http://127.0.0.1:\(central.port)\(path)")
                request.headers = ["Authorization": "Bearer all", "Last-Event-ID": begin]
                let response = try await http.execute(request, timeout: .seconds(20))
                var text = ""
                for try await part in response.body {
                    text += String(buffer: part)
                    if text.contains("id: ") { break }
                }
                #expect(text == ": resumed\n\nid: \(central.state.events.id(of: central.state.events.position))\n\n")
            }
        }
    }

    @Test("a new reader gets the whole picture, then what changes and nothing else")
    func changes() async throws {
        try await TestCentral.run(settings: .guarded) { central in
            _ = try await central.report("a") { $0.workloads = [Self.workload("w", .running)] }
            try await Self.withHTTP { http in
                var events = try await Self.client(central, http).events().makeAsyncIterator()
                let first = try await Self.read(&events) { _ in true }
                guard case .snapshot(let snapshot)? = first.first else {
                    Issue.record("\(first)")
                    return
                }
                #expect(snapshot.clients.map(\.overview.name) == ["a"])
                #expect(snapshot.clients.first?.workloads == [Self.workload("w", .running)])

                _ = try await central.report("a") {
                    $0.workloads = [Self.workload("w", .failed), Self.workload("x", .running)]
                }
                _ = try await central.report("a") { $0.workloads = [Self.workload("x", .running)] }
                let rest = try await Self.read(&events) { $0 == .workloadRemoved(.init(client: "a", workload: "w")) }
                let workloads = rest.filter { if case .client = $0 { false } else { true } }
                #expect(
                    workloads == [
                        .workload(.init(client: "a", workload: Self.workload("w", .failed))),
                        .workload(.init(client: "a", workload: Self.workload("x", .running))),
                        .workloadRemoved(.init(client: "a", workload: "w")),
                    ])
                #expect(rest.count { if case .client(let overview) = $0 { overview.name == "a" } else { false } } == 2)

                _ = try await central.ask(.DELETE, "/api/fleet/clients/a")
                _ = try await Self.read(&events) { $0 == .clientRemoved(.init(client: "a")) }
            }
        }
    }

    @Test("silence shows as an event without anyone asking")
    func staleness() async throws {
        try await TestCentral.run(settings: .guarded) { central in
            _ = try await central.report("a")
            try await Self.withHTTP { http in
                var events = try await Self.client(central, http).events().makeAsyncIterator()
                // What comes before it was made is in the snapshot, and no event.
                _ = try await Self.read(&events) { if case .snapshot = $0 { true } else { false } }
                for (seconds, status) in [(95.0, ClientStatus.stale), (95, .offline)] {
                    central.clock.advance(seconds)
                    _ = try await Self.read(&events) { event in
                        if case .client(let overview) = event { overview.status == status } else { false }
                    }
                }
            }
        }
    }

    @Test("audit lines reach those who may read the audit, and no one else")
    func audit() async throws {
        try await TestCentral.run(settings: .guarded) { central in
            _ = try await central.report("a")
            try await Self.withHTTP { http in
                var trusted = try await Self.client(central, http).events().makeAsyncIterator()
                var stranger = try await Self.client(central, http, token: nil).events().makeAsyncIterator()
                // What comes before it was made is in the snapshot, and no event.
                let isSnapshot: (FleetEvent) -> Bool = { if case .snapshot = $0 { true } else { false } }
                _ = try await Self.read(&trusted, until: isSnapshot)
                _ = try await Self.read(&stranger, until: isSnapshot)
                #expect(try await central.ask(.DELETE, "/api/fleet/clients/a", token: "r").status == 403)
                #expect(try await central.ask(.DELETE, "/api/fleet/clients/a", token: "o").status == 200)
                _ = try await central.report("b")
                let isB: (FleetEvent) -> Bool = { if case .client(let it) = $0 { it.name == "b" } else { false } }
                let seen = try await Self.read(&trusted, until: isB)
                let lines = seen.compactMap { if case .audit(let entry) = $0 { entry.who } else { nil } }
                #expect(lines == ["operator"], "what was refused is no line")
                let shown = try await Self.read(&stranger, until: isB)
                #expect(!shown.contains { if case .audit = $0 { true } else { false } })
            }
        }
    }

    @Test("a reader that loses its connection again and again has seen what an uninterrupted one saw", arguments: 0..<4)
    func resumption(seed: UInt64) async throws {
        try await TestCentral.run(settings: .guarded) { central in
            try await Self.withHTTP { http in
                let client = Self.client(central, http)
                let straight = try await client.events()
                let last = "the-last-one"
                async let uninterrupted: [StreamEvent] = {
                    var events: [StreamEvent] = []
                    for try await event in straight {
                        events.append(event)
                        if event.data.contains(last) { break }
                    }
                    return events
                }()
                async let interrupted: [StreamEvent] = {
                    var random = SeededRandom(seed: seed)
                    var events: [StreamEvent] = []
                    while events.last?.data.contains(last) != true {
                        var iterator = try await client.events(after: events.last?.id).makeAsyncIterator()
                        for _ in 0..<Int.random(in: 0..<25, using: &random) {
                            guard let event = try await iterator.next() else { break }
                            events.append(event)
                            if event.data.contains(last) { break }
                        }
                    }
                    return events
                }()
                var random = SeededRandom(seed: seed &+ 100)
                for number in 0..<150 {
                    _ = try await central.report("c\(number % 7)") { heartbeat in
                        heartbeat.workloads = (0..<Int.random(in: 0..<4, using: &random)).map {
                            Self.workload("w\($0)", .running, runs: number)
                        }
                    }
                    // So that nobody's budget is used up, and every report is told.
                    central.clock.advance(1)
                }
                _ = try await central.report(last)
                let (first, second) = try await (uninterrupted, interrupted)
                // Each began with a snapshot of its own moment; from then on they are to agree.
                let common = first.drop { $0.id != second.first?.id }.dropFirst()
                let others = second.dropFirst()
                if first.first?.id == second.first?.id {
                    #expect(Array(first.dropFirst()) == Array(others))
                } else {
                    #expect(!others.isEmpty)
                    #expect(Array(common) == Array(others))
                }
                #expect(Set(second.compactMap(\.id)).count == second.count)
            }
        }
    }

    @Test("two hosts under one name are told of once, not with each report")
    func sharedName() throws {
        let lines = Mutex(0)
        let logger = Logger(label: "test") { _ in CountingHandler { lines.withLock { $0 += 1 } } }
        let clock = TestClock()
        let state = try FleetState(
            store: MemoryFleetStore(), inventory: Inventory(), threshold: 90, now: { clock.now }, logger: logger)
        for number in 0..<50 {
            let boot = number % 2 == 0 ? "one" : "two"
            try state.receive(FleetPictureTests.client("a", boot: boot, sequence: Int64(number)))
        }
        #expect(lines.withLock { $0 } == 1)
    }

    @Test("what is not understood of a client's reports is told of once a minute at most, whatever it says")
    func toldWarnings() throws {
        let lines = Mutex(0)
        let logger = Logger(label: "test") { _ in CountingHandler { lines.withLock { $0 += 1 } } }
        let clock = TestClock()
        let state = try FleetState(
            store: MemoryFleetStore(), inventory: Inventory(), threshold: 90, now: { clock.now }, logger: logger)
        for number in 0..<50 { state.tell(["odd \(number)"], of: "a") }
        #expect(lines.withLock { $0 } == 1)
        clock.advance(61)
        state.tell(["odd 0"], of: "a")
        #expect(lines.withLock { $0 } == 1, "it has been told")
        state.tell(["another"], of: "a")
        #expect(lines.withLock { $0 } == 2)
        state.tell(["odd"], of: "b")
        #expect(lines.withLock { $0 } == 3, "another client is another matter")
    }

    @Test("a client that reports far too often makes a bounded number of events, and in the end the right one")
    func flood() throws {
        let clock = TestClock()
        let state = try FleetState(
            store: MemoryFleetStore(), inventory: Inventory(), threshold: 90, now: { clock.now }, logger: quietLogger)
        for number in 0..<1000 {
            try state.receive(FleetPictureTests.client("a", workloads: [Self.workload("w", .running, runs: number)]))
        }
        #expect(state.events.counts.events <= 2 * UInt64(EventBudget.burst))
        state.tick()
        let end = state.events.position
        let before = state.events.counts.events
        #expect(before <= 2 * UInt64(EventBudget.burst) + 2)
        state.tick()
        #expect(state.events.position == end)
        #expect(state.ask { picture, _ in picture.workloads(of: "a") }?.first?.runCount == 999)
    }

    struct CountingHandler: LogHandler {
        let count: @Sendable () -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        init(count: @escaping @Sendable () -> Void) { self.count = count }
        func log(event: LogEvent) { count() }
    }
}

@Suite("The hand-written JSON of the picture")
struct OverviewTextTests {
    static let hostile = [
        "", "plain", "\"quoted\" \\ and /", "tab\tnew\nline\r\u{0}\u{1}\u{1f}\u{7f}", "\u{2028}\u{2029}", "é😀\u{301}",
        "</script><b>", "\u{FFFF}", String(repeating: "long ", count: 500),
    ]

    @Test("what is written is read again as it was", arguments: hostile)
    func overview(text: String) throws {
        var picture = FleetPictureTests.picture()
        var workload = FleetEventsTests.workload("w", .backoff, runs: 7)
        workload.lastError = text
        workload.version = text
        workload.pid = 4711
        workload.release = text
        workload.ready = text.isEmpty
        workload.lastStarted = Timestamp(milliseconds: 1_700_000_000_123)
        workload.lastExitCode = -1
        workload.rssMB = 1.5
        workload.cpuPercent = 1e-9
        workload.uptimeSeconds = 1e15
        let client = FleetPictureTests.client("a", boot: text, sequence: 1, workloads: [workload]) { heartbeat in
            heartbeat.deployedVersion = text
            heartbeat.programVersion = text
            heartbeat.system = SystemMetrics(
                cpuPercent: 0.1 + 0.2, memoryUsedMB: 0, memoryTotalMB: 1e6, diskUsedGB: 1.0 / 3, diskTotalGB: 29.1)
            heartbeat.host = HostInfo(
                hostname: text, os: text, architecture: "arm64", uptimeSeconds: 12.25, load: [0, 0.5, 100])
        }
        picture.receive(client, at: FleetPictureTests.at(0))
        let expected = try #require(picture.overview("a", at: FleetPictureTests.at(1)))
        var one = ByteBuffer()
        picture.writeOverview("a", at: FleetPictureTests.at(1), into: &one)
        #expect(try JSONDecoder().decode(ClientOverview.self, from: Data(one.readableBytesView)) == expected)
        var all = ByteBuffer()
        picture.writeSnapshot(at: FleetPictureTests.at(1), into: &all)
        let snapshot = try JSONDecoder().decode(FleetSnapshot.self, from: Data(all.readableBytesView))
        #expect(snapshot.clients == [ClientSnapshot(overview: expected, workloads: [workload])])
        #expect(!all.readableBytesView.contains(UInt8(ascii: "\n")))
        #expect(!all.readableBytesView.contains(UInt8(ascii: "\r")))
    }
}
