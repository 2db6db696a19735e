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
        arguments: [
            "BST", "PST", "IST", "GMT+2", "bst", "SystemV/EST5", "", "Mars/Base", "../../etc/passwd",
            String(repeating: "x", count: 1000),
        ])
    func unknown(name: String) {
        #expect(SystemZone(named: name) == nil)
    }

    @Test(
        "names of the database without a slash, and links, are zones",
        arguments: [
            ("Europe/Kiev", 7200), ("CET", 3600), ("EST", -18_000), ("GB", 0), ("UTC", 0), ("Etc/GMT+5", -18_000),
        ])
    func links(name: String, offset: Int) throws {
        #expect(try #require(SystemZone(named: name)).offset(at: 1_769_900_000) == offset)
    }

    @Test("an abbreviation is answered with what was probably meant", arguments: ["BST", "bst"])
    func abbreviation(name: String) throws {
        let problem = try #require(ZoneName.problem(with: name, shown: name))
        #expect(problem.contains("'\(name)' is an abbreviation; write 'Europe/London' or 'Asia/Dhaka'"))
        #expect(ZoneName.problem(with: "Europe/London", shown: "") == nil)
    }

    @Test(
        "TZ as POSIX has it",
        arguments: [
            nil, "", "UTC", "Europe/Berlin", ":Europe/Berlin", ":/usr/share/zoneinfo/Europe/Berlin", "CET-1CEST",
            "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "EST5EDT", "NZST-12NZDT,M9.5.0,M4.1.0/3",
            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "EST5EDT,J60/2,300/2",
        ] as [String?])
    func variable(value: String?) {
        #expect(HostZone.problem(in: value.map { ["TZ": $0] } ?? [:]) == nil)
    }

    @Test(
        "TZ that the C library takes for UTC without a word is an error",
        arguments: ["Mars/Base", ":Mars/Base", "BST", "CET-1CEST,M3.5", "/etc/passwd", "Europe", "UTC+", ":"])
    func badVariable(value: String) throws {
        let problem = try #require(HostZone.problem(in: ["TZ": value]))
        #expect(problem.contains("TZ is '\(value)'"))
    }

    @Test("no name is the zone of the host")
    func local() throws {
        #expect(try #require(SystemZone(named: nil)).offset(at: 0) == SystemZone.local.offset(at: 0))
    }
}
