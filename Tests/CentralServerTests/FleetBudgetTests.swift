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

    static func picture() -> FleetPicture {
        FleetPicture(staleness: Staleness(threshold: 90, startedAt: 0), inventory: Inventory())
    }

    static let now = CentralMoment(wall: Timestamp(seconds: 1_800_000_000), monotonic: 1)

    @Test("sixty that say four megabytes each are kept within the room for all, and none is refused")
    func sixty() throws {
        var picture = Self.picture()
        var kept = 0
        var cut = 0
        for number in 0..<60 {
            let reception = picture.receive(Self.large("big-\(number)"), at: Self.now)
            #expect(reception.isTaken)
            let count = try #require(picture.workloads(of: "big-\(number)")).count
            #expect(count + reception.leftOut == 1000)
            #expect(count >= 10, "its own room is nobody else's")
            if reception.leftOut > 0 { cut += 1 }
            kept += ReportRoom.weight(try #require(picture.client("big-\(number)")))
        }
        #expect(cut > 40)
        #expect(kept <= ReportRoom.together + 60 * ReportRoom.each)
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
