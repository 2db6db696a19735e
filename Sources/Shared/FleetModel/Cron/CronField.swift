/// One of the five fields: which numbers it may hold, and which it does.
struct CronField: Hashable, Sendable {
    /// Bit `n` is set where the number `n` matches. Sunday is 0 alone.
    var bits: UInt64
    /// The field begins with `*`. crontab(5): a day field that does is not restricted, whatever follows.
    var beginsWithStar: Bool

    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    /// The lowest number that matches and is not below `number`.
    func first(from number: Int) -> Int? {
        guard number < 64 else { return nil }
        let rest = bits >> UInt64(number)
        return rest == 0 ? nil : number + rest.trailingZeroBitCount
    }
}

/// What a field is about.
enum CronFieldKind: CaseIterable {
    case minute, hour, dayOfMonth, month, dayOfWeek

    var title: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of the month"
        case .month: "month"
        case .dayOfWeek: "day of the week"
        }
    }

    var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// How many different numbers there are, which is the longest step that makes sense.
    var count: Int { self == .dayOfWeek ? 7 : range.count }

    /// Names in order; the first stands for the lowest number.
    var names: [String] {
        switch self {
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        default: []
        }
    }
}
