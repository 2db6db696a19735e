import FleetModel

/// Times and numbers as people say them.
enum DisplayFormat {
    /// `in 5m`, `3s ago`.
    static func distance(from now: Timestamp, to time: Timestamp) -> String {
        let seconds = time.seconds(since: now)
        return seconds > 0 ? "in \(DurationText.words(seconds.rounded(.up)))" : "\(DurationText.words(-seconds)) ago"
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
