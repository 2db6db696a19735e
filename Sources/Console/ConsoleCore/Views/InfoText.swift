import FleetModel

/// All that is known of one workload.
enum InfoText {
    static func lines(_ id: WorkloadID, _ model: ConsoleModel) -> [String] {
        guard let workload = model.fleet.workload(id) else {
            return [model.hasPicture ? "\(id.text) is not there any more" : "waiting for the central"]
        }
        let now = model.pictureTime
        var lines: [String] = []
        func add(_ name: String, _ value: String?) {
            let name = name + String(repeating: " ", count: max(0, 16 - name.count))
            lines.append("  \(name) \(value ?? "-")")
        }
        func moment(_ time: Timestamp?) -> String? {
            time.map { time in
                let seconds = now.seconds(since: time)
                return DisplayFormat.moment(time, now: now)
                    + (seconds < 0 ? ", in \(DisplayFormat.age(-seconds))" : ", \(DisplayFormat.age(seconds)) ago")
            }
        }
        lines.append("Now")
        add("state", DisplayFormat.state(workload.status) + (workload.ready == false ? ", not ready" : ""))
        if let unknown = workload.unknownText { add("reported as", unknown) }
        add("pid", workload.pid.map { "\($0)" })
        add("CPU", workload.cpuPercent.map { "\(DisplayFormat.number($0))% of a core" })
        add("memory", workload.rssMB.map { DisplayFormat.megabytes($0) })
        add("memory limit", workload.memoryLimitMB.map { DisplayFormat.megabytes(Double($0)) })
        lines += ["", "Runs"]
        add("runs begun", "\(workload.runCount)")
        add("restarts", workload.restarts.map { "\($0)" })
        add("last started", moment(workload.lastStarted))
        add("last stopped", moment(workload.lastStopped))
        add("last end", DisplayFormat.end(of: workload))
        add("last error", workload.lastError)
        add("next run", moment(workload.nextRun))
        lines += ["", "Definition"]
        add("kind", "\(workload.type.rawValue), \(workload.runMode.rawValue)")
        add("version", workload.version)
        add("release", workload.release ?? "the client's own")
        add("nice", workload.cpuNice.map { "\($0)" })
        guard let (known, detail) = model.details, known == id else { return lines }
        add("schedule", detail.schedule)
        add("most runs", detail.maxRuns.map { "\($0)" })
        add("command", detail.command?.joined(separator: " "))
        add("module", detail.module)
        add("entry point", detail.entryPoint)
        add("restart delay", detail.restartDelay.map { DurationText.stopwatch($0) })
        add("timeout", detail.timeout.map { DurationText.stopwatch($0) })
        add("tags", detail.tags.isEmpty ? nil : detail.tags.joined(separator: ", "))
        for (title, pairs) in [
            ("Parameters", detail.params?.map { ($0.key, text($0.value)) } ?? []),
            ("Environment", detail.env?.map { ($0.key, $0.value) } ?? []),
        ] where !pairs.isEmpty {
            lines += ["", title]
            for (name, value) in pairs.sorted(by: { $0.0 < $1.0 }) { add(name, value) }
        }
        return lines
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        default: "\(value)"
        }
    }
}
