import FleetConfig
import FleetHTTP
import FleetModel
import NIOCore
import Testing

@testable import CentralServer

@Suite("What clients may say together")
struct FleetBudgetTests {
    /// A report of that many workloads, each with an error of that many bytes. Its text only has the length it would have.
    static func client(_ name: String, workloads: Int, text: Int) -> KnownClient {
        var heartbeat = Heartbeat(clientName: name, timestamp: Timestamp(seconds: 1_800_000_000), workloads: [])
        let error = String(repeating: "e", count: text)
        heartbeat.workloads = (0..<workloads).map { number in
            var workload = Workload(name: "w-\(number)", type: .agent, runMode: .forever, status: .running)
            workload.lastError = error
            return workload
        }
        return KnownClient(
            heartbeat: heartbeat, text: ByteBuffer(repeating: 0x20, count: workloads * (text + 200)),
            lastSeen: heartbeat.timestamp, peer: nil, showedAPIToken: true, clockSkew: 0)
    }

    static let large = client("large", workloads: 1000, text: 4000)

    static func large(_ name: String) -> KnownClient {
        var client = large
        client.heartbeat.clientName = name
        return client
    }

    static func picture(listed names: [String] = []) -> FleetPicture {
        FleetPicture(staleness: Staleness(threshold: 90, startedAt: 0), inventory: inventory(names))
    }

    static func inventory(_ names: [String]) -> Inventory {
        var inventory = Inventory()
        inventory.clients = names.map { InventoryClient(name: $0, host: "10.0.0.1") }
        return inventory
    }

    static let now = CentralMoment(wall: Timestamp(seconds: 1_800_000_000), monotonic: 1)

    @Test("sixty that say four megabytes each are kept within the room for all, and none is refused")
    func sixty() throws {
        var picture = Self.picture()
        var cut = 0
        for number in 0..<60 {
            let reception = picture.receive(Self.large("big-\(number)"), at: Self.now)
            #expect(reception.isTaken)
            let count = try #require(picture.workloads(of: "big-\(number)")).count
            #expect(count + reception.leftOut == 1000)
            #expect(count >= 10, "its own room is nobody else's")
            if reception.leftOut > 0 { cut += 1 }
        }
        #expect(cut > 40)
        let kept = try (0..<60).reduce(0) { $0 + ReportRoom.weight(try #require(picture.client("big-\($1)"))) }
        #expect(kept <= ReportRoom.together + 60 * ReportRoom.each)
        #expect(picture.room.used <= ReportRoom.together + 60 * ReportRoom.each)
        // What a host of usual size says is kept whole beside them.
        let usual = Self.client("usual", workloads: 60, text: 100)
        #expect(picture.receive(usual, at: Self.now).leftOut == 0)
        #expect(picture.workloads(of: "usual")?.count == 60)
        // The text that is stored says what is known, no more.
        for stored in picture.takeChanged() where stored.heartbeat.clientName == "big-59" {
            let read = try HeartbeatText.read(stored.text)
            #expect(read == stored.heartbeat)
        }
    }

    @Test("room comes back when a client says less, is forgotten, or says the same again")
    func given() {
        var picture = Self.picture()
        for _ in 0..<30 { #expect(picture.receive(Self.large, at: Self.now).leftOut == 0) }
        let small = Self.client("large", workloads: 1, text: 10)
        #expect(picture.receive(small, at: Self.now).leftOut == 0)
        for number in 0..<30 {
            #expect(picture.receive(Self.large("gone-\(number)"), at: Self.now).leftOut == 0)
            let isGone = picture.forget("gone-\(number)")
            #expect(isGone)
        }
    }

    @Test("what was stored counts from the start")
    func known() {
        let known = (0..<15).map { Self.large("known-\($0)") }
        var picture = FleetPicture(
            staleness: Staleness(threshold: 90, startedAt: 0), inventory: Inventory(), known: known)
        #expect(picture.receive(Self.large, at: Self.now).leftOut > 0)
    }

    @Test("eight that take all there is leave room for the next one, at once, and readers learn what was cut")
    func eight() throws {
        var picture = Self.picture()
        let each = ReportRoom.together / 8 / (4200 + MemoryLayout<Workload>.stride)
        for number in 0..<8 {
            var hostile = Self.client("hostile", workloads: each, text: 4000)
            hostile.heartbeat.clientName = "hostile-\(number)"
            #expect(picture.receive(hostile, at: Self.now).leftOut == 0)
        }
        _ = picture.tick(at: Self.now)
        var host = Self.client("host", workloads: 1200, text: 1000)
        host.heartbeat.clientName = "host"
        let reception = picture.receive(host, at: Self.now)
        #expect(reception.leftOut == 0, "it wants less than a ninth")
        let cut = try #require(picture.workloads(of: "hostile-0")).count
        #expect(cut < each)
        #expect(picture.room.used <= ReportRoom.together + 9 * ReportRoom.each)
        let told = picture.tick(at: Self.now)
        let removed = told.count { if case .workloadRemoved("hostile-0", _) = $0 { true } else { false } }
        #expect(removed == each - cut)
    }

    @Test("twenty thousand names that say as much as they can stay within one budget, and the inventory has its room")
    func names() throws {
        let listed = (0..<200).map { "ours-\($0)" }
        var picture = Self.picture(listed: listed)
        // Beyond the room of its own, so that it takes of the room for all as well.
        let most = Self.client("x", workloads: 30, text: 4000)
        for number in 0..<20_000 {
            var hostile = most
            hostile.heartbeat.clientName = "x-\(number)"
            #expect(picture.receive(hostile, at: Self.now).isTaken)
            if number % 500 == 0 { #expect(picture.room.used <= ReportRoom.own + ReportRoom.together) }
        }
        let usual = Self.client("usual", workloads: 60, text: 100)
        for name in listed {
            var ours = usual
            ours.heartbeat.clientName = name
            #expect(picture.receive(ours, at: Self.now).leftOut == 0)
        }
        #expect(picture.room.used <= ReportRoom.own + ReportRoom.together)
        // A client that nobody wrote down has a part too.
        var late = usual
        late.heartbeat.clientName = "late"
        #expect(picture.receive(late, at: Self.now).isTaken)
        #expect(try #require(picture.workloads(of: "late")).count > 0)
    }

    @Test("room is given anew where the inventory changes, and what was counted comes back to the last byte")
    func reload() {
        var picture = Self.picture()
        for number in 0..<20 { _ = picture.receive(Self.large("big-\(number)"), at: Self.now) }
        picture.use(Self.inventory((0..<2000).map { "big-\($0)" }))
        #expect(picture.room.used <= ReportRoom.own + ReportRoom.together)
        for number in 0..<20 {
            _ = picture.receive(Self.large("big-\(number)"), at: Self.now)
            _ = picture.receive(Self.client("other", workloads: 5, text: 5), at: Self.now)
        }
        picture.use(Inventory())
        for name in (0..<20).map({ "big-\($0)" }) + ["other"] {
            let isGone = picture.forget(name)
            #expect(isGone)
        }
        #expect(picture.room == ReportRoom(listed: 0))
    }

    @Test("readers that come at about the same time are given one snapshot, and none misses what came since")
    func oneSnapshot() async throws {
        let clock = TestClock()
        let state = try FleetState(
            store: MemoryFleetStore(), inventory: Inventory(), threshold: 90, now: { clock.now }, logger: quietLogger)
        try state.receive(Self.client("a", workloads: 1, text: 1))
        let first = await state.snapshot()
        try state.receive(Self.client("b", workloads: 1, text: 1))
        let second = await state.snapshot()
        #expect(first === second)
        guard case .events(let since, _) = state.events.read(after: second.position, seesGuarded: false) else {
            Issue.record("nothing since")
            return
        }
        #expect(String(buffer: since).contains(#""name":"b""#))
        // A second later it is written anew.
        state.tick()
        #expect(await String(buffer: state.snapshot().text).contains(#""name":"b""#))
    }
}
