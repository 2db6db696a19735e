import FleetModel
import Foundation
import Testing

@Suite("Times")
struct TimestampTests {
    @Test(
        "a time is read in every form of RFC 3339, and without a zone as UTC",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-31T23:59:59.123Z", 1_769_903_999_123),
            ("2026-01-31t23:59:59.123z", 1_769_903_999_123), ("2026-01-31 23:59:59.123", 1_769_903_999_123),
            ("2026-01-31T23:59:59.1239999Z", 1_769_903_999_123), ("2026-02-01T01:29:59.123+01:30", 1_769_903_999_123),
            ("2026-01-31T18:59:59.123-0500", 1_769_903_999_123), ("2026-01-31T23:59:59.1", 1_769_903_999_100),
            ("1969-12-31T23:59:59.999Z", -1), ("2028-02-29T00:00:00Z", 1_835_395_200_000),
            ("2026-12-31T23:59:60Z", 1_798_761_600_000),
        ] as [(String, Int64)])
    func reads(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026", "2026-01-31", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-32T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00+", "2026-01-01X00:00:00Z", "26-01-01T00:00:00Z",
            "2026-01-01T00:00:00+1", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00 Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("a time is written with milliseconds and Z, and read back the same", arguments: 0..<200)
    func roundTrip(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let time = Timestamp(milliseconds: Int64.random(in: -60_000_000_000_000...250_000_000_000_000, using: &random))
        #expect(Timestamp(time.description) == time)
        #expect(time.description.count == 24)
    }

    @Test("JSON carries a time as a text")
    func json() throws {
        let data = try JSONEncoder().encode([Timestamp(milliseconds: 5)])
        #expect(String(decoding: data, as: UTF8.self) == "[\"1970-01-01T00:00:00.005Z\"]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [Timestamp(milliseconds: 5)])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Timestamp].self, from: Data("[\"yesterday\"]".utf8))
        }
    }

    @Test("sums are in seconds")
    func sums() {
        let time = Timestamp(seconds: 10.5)
        #expect(time.advanced(seconds: -0.25).milliseconds == 10_250)
        #expect(time.seconds(since: Timestamp(seconds: 12)) == -1.5)
    }
}

@Suite("Calendar dates")
struct CivilTimeTests {
    @Test(
        "known days",
        arguments: [
            (1970, 1, 1, 0, 4), (2000, 2, 29, 11_016, 2), (2026, 1, 31, 20_484, 6), (1969, 12, 31, -1, 3),
            (1900, 3, 1, -25_508, 4), (2100, 3, 1, 47_541, 1), (1600, 2, 29, -135_081, 2),
        ])
    func known(year: Int, month: Int, day: Int, days: Int64, weekday: Int) {
        let civil = CivilTime(year: year, month: month, day: day)
        #expect(civil.daysSince1970 == days)
        #expect(civil.weekday == weekday)
        #expect(CivilTime(utcSeconds: days * 86_400) == civil)
    }

    @Test("every day of eight centuries follows the one before")
    func everyDay() {
        var expected = CivilTime(year: 1700, month: 1, day: 1)
        var wrong = 0
        for days in expected.daysSince1970..<CivilTime(year: 2500, month: 1, day: 1).daysSince1970 {
            if CivilTime(utcSeconds: days * 86_400 + 86_399)
                != CivilTime(
                    year: expected.year, month: expected.month, day: expected.day, hour: 23, minute: 59, second: 59)
            {
                wrong += 1
            }
            expected.day += 1
            if expected.day > CivilTime.daysIn(month: expected.month, year: expected.year) {
                (expected.month, expected.day) = (expected.month + 1, 1)
            }
            if expected.month > 12 { (expected.year, expected.month) = (expected.year + 1, 1) }
        }
        #expect(wrong == 0)
    }

    @Test("February has 29 days by the rule of 400 years", arguments: [(1900, 28), (2000, 29), (2026, 28), (2028, 29)])
    func leapYears(year: Int, days: Int) {
        #expect(CivilTime.daysIn(month: 2, year: year) == days)
    }

    @Test(
        "division rounds down",
        arguments: [(7, 2, 3), (-7, 2, -4), (-8, 2, -4), (7, -2, -4), (0, 5, 0)] as [(Int64, Int64, Int64)])
    func floors(a: Int64, b: Int64, quotient: Int64) {
        #expect(floorDivide(a, b) == quotient)
    }
}
