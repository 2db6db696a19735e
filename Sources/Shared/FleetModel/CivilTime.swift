/// A date and a time of day as a calendar on the wall shows them, without a zone.
///
/// The conversion to and from days is the usual one for the proleptic Gregorian calendar (years from March, so that
/// the leap day comes last).
package struct CivilTime: Hashable, Comparable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// What a clock in UTC shows that many seconds after 1970 began; some hundred million years from now at most.
    package init(utcSeconds: Int64) {
        let utcSeconds = min(max(utcSeconds, -9_000_000_000_000_000), 9_000_000_000_000_000)
        let days = floorDivide(utcSeconds, 86_400)
        let rest = Int(utcSeconds - days * 86_400)
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = Int(shifted - era * 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Days from 1970-01-01 to this date; a year beyond a thousand million counts as that one.
    package var daysSince1970: Int64 {
        let year = min(max(year, -999_999_999), 999_999_999)
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(Int64(shiftedYear), 400)
        let yearOfEra = shiftedYear - Int(era) * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + Int64(dayOfEra) - 719_468
    }

    /// Seconds after 1970 began, where this is read as UTC.
    package var secondsAsUTC: Int64 { daysSince1970 * 86_400 + Int64(hour * 3600 + minute * 60 + second) }

    /// 0 is Sunday.
    package var weekday: Int {
        let remainder = Int((daysSince1970 + 4) % 7)
        return remainder < 0 ? remainder + 7 : remainder
    }

    package static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func < (a: CivilTime, b: CivilTime) -> Bool { a.secondsAsUTC < b.secondsAsUTC }
}

/// Division that rounds down, also below zero.
package func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    let quotient = a / b
    return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient
}
