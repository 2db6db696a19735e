import FleetModel
import Foundation
import TestSupport
import Testing

@Suite("Cron schedules")
struct CronExpressionTests {
    @Test("every case of the table made with another implementation gives the same three times")
    func agreesWithTable() throws {
        let cases = try CronCase.all()
        #expect(cases.count > 500)
        for entry in cases {
            let schedule = try CronExpression(entry.expression)
            let zone = try #require(NamedZone(entry.zone), "\(entry)")
            var times: [Int64] = []
            var moment = Timestamp(milliseconds: entry.from * 1000)
            while times.count < 3 {
                moment = try #require(schedule.next(after: moment, in: zone), "\(entry)")
                times.append(moment.milliseconds / 1000)
            }
            #expect(times == entry.expected, "\(entry)")
        }
    }

    @Test(
        "days: either of two restricted fields, both where one begins with a star",
        arguments: [
            // 2026-01-01 is a Thursday.
            ("0 0 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"),
            ("0 0 13 * *", "2026-01-01T00:00:00Z", "2026-01-13T00:00:00.000Z"),
            ("0 0 * * fri", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"),
            ("0 0 */2 * mon", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00.000Z"),
            ("0 0 2 * */2", "2026-01-01T00:00:00Z", "2026-04-02T00:00:00.000Z"),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00.000Z"),
            ("0 0 * * 0", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00.000Z"),
            ("0 0 * * fri-7", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00.000Z"),
            ("0 0 30 2 mon", "2026-01-01T00:00:00Z", "2026-02-02T00:00:00.000Z"),
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"),
            ("0 0 29 FEB *", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00.000Z"),
            ("0 0 * * 4-4", "2026-01-01T00:00:00Z", "2026-01-08T00:00:00.000Z"),
            ("30-30 4-4/3 * * *", "2026-01-01T00:00:00Z", "2026-01-01T04:30:00.000Z"),
            ("59 23 31 12 *", "2026-12-31T23:58:59.999Z", "2026-12-31T23:59:00.000Z"),
            ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00.000Z"),
            ("* * * * *", "2026-01-01T00:00:59.999Z", "2026-01-01T00:01:00.000Z"),
            ("\t*/15   9-17 * *\tMon-Fri ", "2026-01-02T17:45:00Z", "2026-01-05T09:00:00.000Z"),
        ])
    func dayRules(expression: String, from: String, expected: String) throws {
        let start = try #require(Timestamp(from))
        #expect(try CronExpression(expression).next(after: start, in: FixedZone.utc)?.description == expected)
    }

    @Test(
        "words stand for their five fields",
        arguments: [
            ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
            ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@Daily", "0 0 * * *"),
        ])
    func words(word: String, fields: String) throws {
        let start = Timestamp(milliseconds: 1_767_225_600_000)
        let expected = try CronExpression(fields).next(after: start, in: FixedZone.utc)
        #expect(try CronExpression(word).next(after: start, in: FixedZone.utc) == expected)
        #expect(try CronExpression(word).text == word)
    }

    @Test(
        "what is no schedule is refused with a sentence that says what would be right",
        arguments: [
            ("", "five fields"), ("* * * *", "not 4"), ("* * * * * *", "not 6"), ("60 * * * *", "0 to 59"),
            ("* 24 * * *", "0 to 23"), ("* * 0 * *", "1 to 31"), ("* * 32 * *", "1 to 31"), ("* * * 13 *", "1 to 12"),
            ("* * * * 8", "0 to 7"), ("* * * foo *", "'jan'"), ("* * * * monday", "'sun'"), ("-1 * * * *", "0 to 59"),
            ("10-5 * * * *", "'10-59,0-5'"), ("0 0 * * sat-mon", "'sat-6,0-mon'"), ("0 0 * * fri-sun", "'fri-7'"),
            ("*/0 * * * *", "above 0"), ("*/x * * * *", "above 0"), ("*/ * * * *", "above 0"),
            ("*/90 * * * *", "60 at most"), ("5/10 * * * *", "'5-59/10'"), ("1,,2 * * * *", "comma"),
            (",1 * * * *", "comma"), ("? * * * *", "0 to 59"), ("* * L * *", "1 to 31"), ("* * * * 5#2", "0 to 7"),
            ("0 0 30 2 *", "never fires"), ("0 0 31 4,6,9,11 *", "never fires"), ("0 0 30 2 */2", "never fires"),
            ("@reboot", "@hourly"), ("@", "@hourly"), ("٣ * * * *", "0 to 59"),
            (String(repeating: "1,", count: 400) + "1 * * * *", "512"),
        ])
    func refuses(expression: String, hint: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(expression) }
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
    }

    @Test("a local time that is skipped does not fire, one that is repeated fires the first time")
    func clockChanges() throws {
        let berlin = try #require(NamedZone("Europe/Berlin"))
        let nightly = try CronExpression("30 2 * * *")
        let spring = try #require(Timestamp("2026-03-28T12:00:00Z"))
        #expect(nightly.next(after: spring, in: berlin)?.description == "2026-03-30T00:30:00.000Z")
        let autumn = try #require(Timestamp("2026-10-24T12:00:00Z"))
        let first = try #require(nightly.next(after: autumn, in: berlin))
        #expect(first.description == "2026-10-25T00:30:00.000Z")
        #expect(nightly.next(after: first, in: berlin)?.description == "2026-10-26T01:30:00.000Z")
    }

    @Test("a day that a zone leaves out is skipped")
    func missingDay() throws {
        // Samoa went from 29 to 31 December 2011.
        let apia = try #require(NamedZone("Pacific/Apia"))
        let start = try #require(Timestamp("2011-12-30T09:00:00Z"))
        #expect(
            try CronExpression("0 12 * * *").next(after: start, in: apia)?.description == "2011-12-30T22:00:00.000Z")
    }

    @Test("every time found lies after the one before, and none is between them", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func isTheNext(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let minute = Int.random(in: 0...59, using: &random)
        let hour = Int.random(in: 0...23, using: &random)
        let weekday = Int.random(in: 0...6, using: &random)
        let schedule = try CronExpression("\(minute) \(hour) * * \(weekday)")
        let start = Timestamp(milliseconds: 1_700_000_000_000 + Int64.random(in: 0..<1_000_000_000_000, using: &random))
        let found = try #require(schedule.next(after: start, in: FixedZone(secondsEast: 3600)))
        var probe = floorDivide(start.milliseconds, 60_000) + 1
        while true {
            let civil = CivilTime(utcSeconds: probe * 60 + 3600)
            if civil.minute == minute, civil.hour == hour, civil.weekday == weekday { break }
            probe += 1
        }
        #expect(found.milliseconds == probe * 60_000)
    }

    @Test("a rare schedule is found without trying minutes")
    func rare() throws {
        // 29 February on a Sunday: every 28 years, 40 across 2100.
        let schedule = try CronExpression("0 0 29 2 */7")
        var moment = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let clock = ContinuousClock()
        let spent = try clock.measure {
            for _ in 0..<20 { moment = try #require(schedule.next(after: moment, in: FixedZone.utc)) }
        }
        #expect(CivilTime(utcSeconds: moment.milliseconds / 1000).weekday == 0)
        #expect(spent < .seconds(1))
    }

    @Test("times far from any calendar have no next", arguments: [Int64.max, 9_000_000_000_000_000])
    func extremes(milliseconds: Int64) throws {
        #expect(
            try CronExpression("* * * * *").next(after: Timestamp(milliseconds: milliseconds), in: FixedZone.utc) == nil
        )
    }
}
