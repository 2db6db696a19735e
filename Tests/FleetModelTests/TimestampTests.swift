import FleetModel
import Foundation
import TestSupport
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
            // Outside the years 1 to 9999, some only after their offset.
            "0000-01-01T00:00:00+23:59", "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("a time is written with milliseconds and Z, and read back the same", arguments: 0..<200)
    func roundTrip(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
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

    @Test(
        "the first and the last moment are times, also where an offset leads there",
        arguments: [
            ("0001-01-01T00:00:00Z", Timestamp.earliest), ("0000-12-31T23:59:00-00:01", .earliest),
            ("9999-12-31T23:59:59.999Z", .latest), ("9999-12-31T23:59:59.999999+00:00", .latest),
        ])
    func edges(text: String, time: Timestamp) { #expect(Timestamp(text) == time) }

    @Test(
        "whatever number stands for a time, there is a time that can be written, read and reckoned with",
        arguments: [
            Int64.min, .min + 1, -1 << 62, -62_135_596_800_001, -1, 0, 1, 253_402_300_800_000, 1 << 62, .max - 1, .max,
        ])
    func anyNumber(milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(time.description) == time)
        for other in [Timestamp.earliest, .latest, Timestamp(milliseconds: 0)] {
            #expect(time.seconds(since: other) == -other.seconds(since: time))
        }
        let civil = CivilTime(utcSeconds: milliseconds)
        #expect(civil.secondsAsUTC == min(max(milliseconds, -9_000_000_000_000_000), 9_000_000_000_000_000))
        #expect((0...6).contains(civil.weekday))
    }

    @Test(
        "no number of seconds leads out of the times there are",
        arguments: [
            -.infinity, -.greatestFiniteMagnitude, -1e300, -1e19, -1e16, 1e16, 1e19, 1e300, .infinity, .nan,
            .greatestFiniteMagnitude, -0.0,
        ] as [Double])
    func anySeconds(seconds: Double) {
        for time in [
            Timestamp(seconds: seconds), Timestamp(seconds: 5).advanced(seconds: seconds),
            Timestamp.earliest.advanced(seconds: seconds), Timestamp.latest.advanced(seconds: seconds),
        ] {
            #expect(Timestamp(time.description) == time)
        }
        #expect(Timestamp(seconds: 1e300) == .latest)
        #expect(Timestamp(seconds: -1e300) == .earliest)
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

@Suite("Numbers that do not fit")
struct ClampingTests {
    @Test(
        "a number becomes the nearest whole one towards zero",
        arguments: [
            (1.9, 1), (-1.9, -1), (0, 0), (-0.0, 0), (.nan, 0), (.infinity, .max), (-.infinity, .min), (1e300, .max),
            (-1e300, .min), (9.3e18, .max), (-9.3e18, .min), (.leastNonzeroMagnitude, 0),
        ] as [(Double, Int)])
    func whole(number: Double, whole: Int) { #expect(Int(clamping: number) == whole) }

    @Test("so it is in small types", arguments: [(300.0, 255), (-5, 0), (254.9, 254)] as [(Double, UInt8)])
    func small(number: Double, whole: UInt8) { #expect(UInt8(clamping: number) == whole) }

    @Test(
        "a wait is never longer than timers can bear",
        arguments: [(1.5, 1.5), (-3, 0), (.nan, 0), (1e300, 1e9), (.infinity, 1e9)] as [(Double, Double)])
    func waits(seconds: Double, wait: Double) { #expect(Duration.seconds(clamping: seconds) == .seconds(wait)) }
}
