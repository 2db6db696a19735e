import CentralServer
import FleetModel
import FoundationEssentials
import NIOHTTP1
import Testing

@Suite("History of the sparklines")
struct FleetHistoryTests {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static let minute = 60.0

    private static func at(_ minutes: Double) -> Timestamp {
        Timestamp(milliseconds: start.milliseconds + Int64(minutes * minute * 1000))
    }

    private static func client(_ name: String, cpu: Double, status: ClientStatus = .online) -> ClientOverview {
        var client = ClientOverview(name: name, status: status)
        client.system = SystemMetrics(
            cpuPercent: cpu, memoryUsedMB: 25, memoryTotalMB: 100, diskUsedGB: 50, diskTotalGB: 100)
        return client
    }

    /// With `count` points, the last of them at minute `count`: CPU 1, 2, 3, …
    private static func history(_ count: Int) -> FleetHistory {
        let history = FleetHistory(now: start)
        for number in 1...count { history.sample([client("a", cpu: Double(number))], at: at(Double(number))) }
        return history
    }

    @Test("an hour is kept, the oldest first, and what is older falls out", arguments: [1, 2, 59, 60, 61, 133])
    func ring(count: Int) {
        let series = Self.history(count).series(of: "a")
        let expected = (count - 59...count).map { $0 > 0 ? UInt8(min($0, 100)) : nil }
        #expect(series.count == 3 && series.allSatisfy { $0.count == 60 })
        #expect(series[0] == expected)
        #expect(series[1].last == 25 && series[2].last == 50)
    }

    @Test("who is away has a gap, who is gone is dropped, and an odd number does no harm")
    func gaps() {
        let history = FleetHistory(now: Self.start)
        history.sample([Self.client("a", cpu: 10), Self.client("b", cpu: 10)], at: Self.at(1))
        history.sample([Self.client("a", cpu: 10, status: .stale)], at: Self.at(2))
        history.sample([Self.client("a", cpu: .nan)], at: Self.at(3))
        history.sample([Self.client("a", cpu: 1e30)], at: Self.at(4))
        #expect(history.series(of: "a")[0].suffix(4) == [10, nil, nil, 100])
        #expect(history.series(of: "b").isEmpty)
    }

    @Test(
        "what was stored goes on after a restart, with a gap for the time between",
        arguments: [(0.0, 0), (0.5, 0), (1, 1), (7.9, 7), (59, 59), (60, 60), (1_000_000, 60), (-5, 0)])
    func restart(minutes: Double, gap: Int) throws {
        for count in [1, 30, 60, 90] {
            let before = Self.history(count)
            let stored = try #require(before.stored)
            #expect(stored.points.mapValues(\.count) == ["a": 180], "the size that is promised")
            let after = FleetHistory(stored, now: Self.at(Double(count) + minutes))
            for (old, new) in zip(before.series(of: "a"), after.series(of: "a")) {
                #expect(new == Array(old.dropFirst(gap)) + Array(repeating: nil, count: gap))
            }
            after.sample([Self.client("a", cpu: 77)], at: Self.at(Double(count) + minutes))
            #expect(after.series(of: "a")[0].last == 77)
        }
    }

    @Test("what has another size than ours is left out")
    func otherSize() {
        let stored = StoredHistory(taken: Self.start, points: ["a": [1, 2], "b": .init(repeating: 5, count: 180)])
        let history = FleetHistory(stored, now: Self.start)
        #expect(history.series(of: "a").isEmpty)
        #expect(history.series(of: "b").first?.last == 5)
        #expect(FleetHistory(now: Self.start).stored == nil)
    }

    @Test("a page has a line for each series of the hour, level stretches and gaps as such")
    func lines() async throws {
        let store = MemoryFleetStore()
        var points = [UInt8](repeating: 20, count: 180)
        points.replaceSubrange(10..<20, with: repeatElement(FleetHistory.unknown, count: 10))
        points[30] = 70
        let time = TestClock().now.wall
        store.save(StoredHistory(taken: time, points: ["a": points]))
        try await TestCentral.run(settings: .guarded, store: store) { central async throws in
            _ = try await central.report("a") {
                $0.system = SystemMetrics(
                    cpuPercent: 20, memoryUsedMB: 1, memoryTotalMB: 5, diskUsedGB: 1, diskTotalGB: 5)
            }
            for path in ["/", "/clients/a"] {
                let page = try await central.ask(.GET, path, token: nil).text
                let lines = page.components(separatedBy: "<path d=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
                #expect(lines == ["M0 16 9 16M20 16 29 16 30 6 31 16 59 16", "M0 16 59 16", "M0 16 59 16"], "\(path)")
            }
        }
        #expect(store.history()?.points["a"]?.count == 180, "stored again when the central ended")
    }
}
