import FleetModel

/// Times, numbers and states as the screens say them.
enum DisplayFormat {
    /// As a column; below a minute in steps of five seconds, so that little has to be drawn.
    static func age(_ seconds: Double) -> String {
        DurationText.column(seconds < 60 ? (max(0, seconds) / 5).rounded(.down) * 5 : seconds)
    }

    /// `12:04:31Z`
    static func clock(_ time: Timestamp) -> String { "\(time.description.dropFirst(11).prefix(8))Z" }

    /// `12:04:31Z`, with the date in front where it is another day than today.
    static func moment(_ time: Timestamp, now: Timestamp) -> String {
        let (text, today) = (time.description, now.description)
        return text.prefix(10) == today.prefix(10) ? clock(time) : "\(text.dropFirst(5).prefix(5)) \(clock(time))"
    }

    static func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "-" }
        return "\(Int(clamping: max(0, min(value, 1e9)).rounded()))"
    }

    /// `2.9`
    static func decimal(_ value: Double) -> String {
        let tenths = Int(clamping: (max(0, min(value, 1e6)) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func megabytes(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "-" }
        if value >= 10_000 { return "\(Int(clamping: (value / 1024).rounded()))G" }
        return "\(Int(clamping: max(0, value).rounded()))M"
    }

    static func bytes(_ value: Int64) -> String {
        switch value {
        case ..<10_240: "\(value)"
        case ..<10_485_760: "\(value >> 10)K"
        case ..<10_737_418_240: "\(value >> 20)M"
        default: "\(value >> 30)G"
        }
    }

    static func optional(_ value: (some CustomStringConvertible)?) -> String { value.map { "\($0)" } ?? "-" }

    static func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// How a workload's last run ended; nil where that is not known.
    static func end(of workload: Workload) -> String? {
        if let signal = workload.lastSignal { return "killed by \(signal)" }
        return workload.lastExitCode.map { "exited \($0)" }
    }

    /// Bad news in capitals, so that it does not rest on colour alone.
    static func state(_ status: WorkloadStatus) -> String {
        status.isTrouble ? status.rawValue.uppercased() : status.rawValue
    }

    static func role(_ status: WorkloadStatus) -> Role {
        switch status {
        case .running: .ok
        case .failed, .backoff: .bad
        case .starting, .stopping: .warn
        case .scheduled: .info
        case .registered, .stopped, .completed, .unknown: .dim
        }
    }

    static func state(_ status: ClientStatus) -> String {
        status == .online ? status.rawValue : status.rawValue.uppercased()
    }

    static func role(_ status: ClientStatus) -> Role {
        switch status {
        case .online: .ok
        case .stale: .warn
        case .offline: .bad
        }
    }

    static func state(_ status: DeploymentState) -> String {
        severity(of: status) == .bad ? status.rawValue.uppercased() : status.rawValue
    }

    static func severity(of status: DeploymentState) -> Notice.Severity {
        switch status {
        case .completed: .good
        case .failed, .rollbackFailed, .rollingBack, .rolledBack: .bad
        case .cancelled, .cancelling, .paused: .warning
        case .pending, .inProgress, .planned: .info
        }
    }

    static func state(_ status: ClientDeploymentState) -> String {
        status.isTrouble ? status.rawValue.uppercased() : status.rawValue
    }

    static func role(_ status: ClientDeploymentState) -> Role {
        switch status {
        case .healthy: .ok
        case .failed, .rollbackFailed: .bad
        case .rollingBack, .rolledBack: .warn
        case .deploying, .deployed: .info
        case .pending, .skipped: .dim
        }
    }
}
