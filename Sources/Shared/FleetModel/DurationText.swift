/// Spans of time as people write them. What is negative counts as nothing, what has no end as very long.
package enum DurationText {
    /// `45s`, `12m 5s`, `3h 20m`, `4d 2h`: the two largest units, without the second where it is nothing.
    package static func words(_ seconds: Double) -> String {
        let parts = Parts(seconds)
        if parts.days > 0 { return parts.hours > 0 ? "\(parts.days)d \(parts.hours)h" : "\(parts.days)d" }
        if parts.hours > 0 { return parts.minutes > 0 ? "\(parts.hours)h \(parts.minutes)m" : "\(parts.hours)h" }
        if parts.minutes > 0 { return parts.seconds > 0 ? "\(parts.minutes)m \(parts.seconds)s" : "\(parts.minutes)m" }
        return "\(parts.seconds)s"
    }

    /// `45s`, `12m`, `3h20m`, `4d02h`: at most six columns.
    package static func column(_ seconds: Double) -> String {
        let parts = Parts(seconds)
        if parts.days >= 1000 { return "\(parts.days)d" }
        if parts.days > 0 { return "\(parts.days)d\(two(parts.hours))h" }
        if parts.hours > 0 { return "\(parts.hours)h\(two(parts.minutes))m" }
        return parts.minutes > 0 ? "\(parts.minutes)m" : "\(parts.seconds)s"
    }

    /// As a column, with seconds beside minutes: for something that is watched.
    package static func stopwatch(_ seconds: Double) -> String {
        let parts = Parts(seconds)
        let isBelowAnHour = parts.days == 0 && parts.hours == 0 && parts.minutes > 0
        return isBelowAnHour ? "\(parts.minutes)m\(two(parts.seconds))s" : column(seconds)
    }

    private struct Parts {
        var days, hours, minutes, seconds: Int

        init(_ seconds: Double) {
            // So many days that six columns hold them.
            let whole = Int(clamping: max(0, min(seconds, 8e9)))
            (days, hours) = (whole / 86_400, whole / 3600 % 24)
            (minutes, self.seconds) = (whole / 60 % 60, whole % 60)
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
