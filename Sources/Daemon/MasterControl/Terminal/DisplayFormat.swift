import FleetModel

/// Times and numbers as people say them.
enum DisplayFormat {
    /// `45s`, `12m 5s`, `3h 20m`, `4d 2h`.
    static func duration(_ seconds: Double) -> String {
        let seconds = Int(clamping: max(0, min(seconds, 1e12)))
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return hours > 0 ? "\(days)d \(hours)h" : "\(days)d" }
        if hours > 0 { return minutes > 0 ? "\(hours)h \(minutes)m" : "\(hours)h" }
        if minutes > 0 { return seconds % 60 > 0 ? "\(minutes)m \(seconds % 60)s" : "\(minutes)m" }
        return "\(seconds)s"
    }

    /// `in 5m`, `3s ago`.
    static func distance(from now: Timestamp, to time: Timestamp) -> String {
        let seconds = time.seconds(since: now)
        return seconds > 0 ? "in \(duration(seconds.rounded(.up)))" : "\(duration(-seconds)) ago"
    }

    static func optional(_ value: (some CustomStringConvertible)?) -> String { value.map { "\($0)" } ?? "-" }

    static func colour(of status: WorkloadStatus) -> Colour? {
        switch status {
        case .running: .good
        case .starting, .stopping: .busy
        case .scheduled: .waiting
        case .failed, .backoff: .trouble
        case .completed, .registered, .stopped, .unknown: .faint
        }
    }

    static func colour(of status: ClientStatus) -> Colour {
        switch status {
        case .online: .good
        case .stale: .waiting
        case .offline: .trouble
        }
    }
}
