import FleetConfig
import FleetModel
import Testing

@Suite("Time zones of the system")
struct SystemZoneTests {
    @Test(
        "offsets are those of the zone at that time",
        arguments: [
            ("UTC", 0, 0), ("Europe/Berlin", 1_769_900_000, 3600), ("Europe/Berlin", 1_782_900_000, 7200),
            ("Asia/Kathmandu", 1_769_900_000, 20_700), ("America/New_York", 1_769_900_000, -18_000),
            ("Europe/Berlin", 1_774_745_999, 3600), ("Europe/Berlin", 1_774_746_000, 7200),
        ] as [(String, Int64, Int)])
    func offsets(name: String, moment: Int64, offset: Int) throws {
        #expect(try #require(SystemZone(named: name)).offset(at: moment) == offset)
    }

    @Test(
        "what is no zone is none",
        arguments: ["", "Mars/Base", "../../etc/passwd", String(repeating: "x", count: 1000)])
    func unknown(name: String) {
        #expect(SystemZone(named: name) == nil)
    }

    @Test("no name is the zone of the host")
    func local() throws {
        #expect(try #require(SystemZone(named: nil)).offset(at: 0) == SystemZone.local.offset(at: 0))
    }
}
