/// A schedule of five fields (minute, hour, day of the month, month, day of the week) or a word like `@daily`.
///
/// The rules are those of crontab(5), with names also in ranges and lists. Where both day fields are restricted
/// either matches; a field that begins with `*` is not restricted in that sense. 7 is Sunday.
package struct CronExpression: Hashable, Sendable {
    /// As it was written.
    package let text: String
    private let minutes: CronField
    private let hours: CronField
    private let days: CronField
    private let months: CronField
    private let weekdays: CronField

    /// Longest text that is read, in bytes: every number of every field, written out, fits.
    static let longestText = 512

    /// - throws: what is wrong with the text, and what would be right.
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.longestText else {
            throw CronError("a schedule has at most \(Self.longestText) characters")
        }
        self.text = text
        let expanded = try Self.expand(text)
        let fields = expanded.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard fields.count == CronFieldKind.allCases.count else {
            throw CronError(
                "a schedule has five fields (minute, hour, day of the month, month, day of the week), not "
                    + "\(fields.count): '*/5 * * * *' is every five minutes")
        }
        minutes = try CronFieldParser(kind: .minute).parse(fields[0])
        hours = try CronFieldParser(kind: .hour).parse(fields[1])
        days = try CronFieldParser(kind: .dayOfMonth).parse(fields[2])
        months = try CronFieldParser(kind: .month).parse(fields[3])
        weekdays = try CronFieldParser(kind: .dayOfWeek).parse(fields[4])
        guard canFire else {
            throw CronError("the schedule '\(text)' never fires: no month it names has such a day")
        }
    }

    /// The first moment after `after` at which clocks in `zone` show a time that matches.
    ///
    /// A local time that the zone skips does not fire; one that it repeats fires the first time only.
    /// - returns: nil where there is none within a hundred years.
    package func next(after: Timestamp, in zone: some CivilZone) -> Timestamp? {
        let afterSeconds = floorDivide(after.milliseconds, 1000)
        // Beyond some ten thousand years a calendar says nothing, and sums could overflow.
        guard abs(afterSeconds) < 250_000_000_000 else { return nil }
        var search = LocalMinute(utcSeconds: afterSeconds + Int64(zone.offset(at: afterSeconds)))
        let lastYear = search.year + 100
        while let match = firstMatch(from: search, lastYear: lastYear) {
            if let moment = firstMoment(of: match.secondsAsUTC, in: zone), moment > afterSeconds {
                return Timestamp(milliseconds: moment * 1000)
            }
            search = LocalMinute(utcSeconds: match.secondsAsUTC + 60)
        }
        return nil
    }
}

extension CronExpression {
    /// A minute on the wall.
    private typealias LocalMinute = CivilTime

    /// True where any day of any year matches.
    private var canFire: Bool {
        if matchesEitherDay { return true }
        return (1...12).contains { month in
            months.contains(month)
                && (1...CivilTime.daysIn(month: month, year: 2000)).contains { days.contains($0) }
        }
    }

    private var matchesEitherDay: Bool { !days.beginsWithStar && !weekdays.beginsWithStar }

    private func matches(day: Int, weekday: Int) -> Bool {
        matchesEitherDay
            ? days.contains(day) || weekdays.contains(weekday)
            : days.contains(day) && weekdays.contains(weekday)
    }

    /// The first matching minute not before `start`, found field by field from the month down.
    private func firstMatch(from start: LocalMinute, lastYear: Int) -> LocalMinute? {
        var year = start.year
        var month = start.month
        var day = start.day
        var timeOfDay = timeOfDay(hour: start.hour, minute: start.minute)
        if timeOfDay == nil { day += 1 }
        // After the first day only the earliest time of a day matters.
        var isFirstDay = timeOfDay != nil
        while year <= lastYear {
            guard let matchingMonth = months.first(from: month) else {
                (year, month, day, isFirstDay) = (year + 1, 1, 1, false)
                continue
            }
            if matchingMonth != month { (month, day, isFirstDay) = (matchingMonth, 1, false) }
            let length = CivilTime.daysIn(month: month, year: year)
            let firstWeekday = CivilTime(year: year, month: month, day: 1).weekday
            while day <= length {
                if matches(day: day, weekday: (firstWeekday + day - 1) % 7) {
                    if !isFirstDay { timeOfDay = self.timeOfDay(hour: 0, minute: 0) }
                    guard let timeOfDay else { return nil }
                    return CivilTime(
                        year: year, month: month, day: day, hour: timeOfDay.hour, minute: timeOfDay.minute)
                }
                day += 1
                isFirstDay = false
            }
            (month, day, isFirstDay) = (month + 1, 1, false)
        }
        return nil
    }

    /// The first matching time of a day not before the one given; nil where the day has none left.
    private func timeOfDay(hour: Int, minute: Int) -> (hour: Int, minute: Int)? {
        if hours.contains(hour), let match = minutes.first(from: minute) { return (hour, match) }
        guard let later = hours.first(from: hour + 1), let match = minutes.first(from: 0) else { return nil }
        return (later, match)
    }

    /// The first moment at which clocks in the zone show that local time; nil where they never do.
    ///
    /// A day on either side gives every offset that can be in force, since none is a day long and no zone changes
    /// its rules twice within two days.
    private func firstMoment(of localSeconds: Int64, in zone: some CivilZone) -> Int64? {
        let before = Int64(zone.offset(at: localSeconds - 86_400))
        let after = Int64(zone.offset(at: localSeconds + 86_400))
        let earlier = localSeconds - max(before, after)
        if Int64(zone.offset(at: earlier)) == max(before, after) { return earlier }
        let later = localSeconds - min(before, after)
        return Int64(zone.offset(at: later)) == min(before, after) ? later : nil
    }

    private static func expand(_ text: String) throws(CronError) -> String {
        guard text.hasPrefix("@") else { return text }
        switch text.lowercased() {
        case "@hourly": return "0 * * * *"
        case "@daily", "@midnight": return "0 0 * * *"
        case "@weekly": return "0 0 * * 0"
        case "@monthly": return "0 0 1 * *"
        case "@yearly", "@annually": return "0 0 1 1 *"
        default:
            throw CronError(
                "the word '\(text)' is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually")
        }
    }
}
