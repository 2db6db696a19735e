import FleetModel

/// What the templates are given: texts, ready to be shown.
enum PageValues {
    static func fleet(
        _ clients: [ClientOverview], query: FleetQuery, history: FleetHistory, now: Timestamp, here: String
    ) -> [String: Any] {
        let chosen = query.select(clients)
        let pageCount = max(1, (chosen.count + FleetQuery.pageSize - 1) / FleetQuery.pageSize)
        let page = min(query.page, pageCount)
        let first = (page - 1) * FleetQuery.pageSize
        let rows = chosen.dropFirst(first).prefix(FleetQuery.pageSize)
        var values: [String: Any] = [
            "here": here, "has_clients": !clients.isEmpty, "has_rows": !rows.isEmpty, "text": query.text,
            "counts": counts(clients, query), "columns": FleetColumn.all.map { $0.values(query) },
            "tags": Set(clients.flatMap(\.tags)).sorted().prefix(200).map {
                ["tag": $0, "chosen": $0 == query.tag] as [String: Any]
            },
            "has_tags": !query.tag.isEmpty || clients.contains { !$0.tags.isEmpty },
            "filtered": query.path != "/",
            "rows": rows.map { row($0, history: history, now: now) },
            "shown": "\(first + 1) to \(first + rows.count) of \(chosen.count)",
        ]
        if let status = query.statusText { values["status"] = status }
        if let sort = query.sortText { values["sort"] = sort }
        if page > 1 { values["previous"] = query.with { $0.page = page - 1 }.path }
        if page < pageCount { values["next"] = query.with { $0.page = page + 1 }.path }
        return values
    }

    /// What is wrong comes first, so that a background tab shows it.
    static func fleetTitle(_ clients: [ClientOverview]) -> String {
        let trouble = clients.reduce(0) { $0 + $1.workloadsFailed }
        let away = clients.count { $0.status != .online }
        let cloned = clients.count { $0.isCloned }
        let parts = [
            trouble > 0 ? "\(trouble) in trouble" : nil, away > 0 ? "\(away) away" : nil,
            cloned > 0 ? "\(cloned) cloned" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? "Fleet" : "(!) " + parts.joined(separator: ", ") + " · Fleet"
    }

    private static func counts(_ clients: [ClientOverview], _ query: FleetQuery) -> [[String: Any]] {
        func item(_ label: String, _ number: Int, role: String, _ change: (inout FleetQuery) -> Void) -> [String: Any] {
            let target = query.with {
                $0.status = nil
                $0.troubleOnly = false
                change(&$0)
            }
            return [
                "label": label, "number": "\(number)", "role": number > 0 ? role : "", "path": target.path,
                "chosen": target.status == query.status && target.troubleOnly == query.troubleOnly,
            ]
        }
        return [item("clients", clients.count, role: "") { _ in }]
            + ClientStatus.allCases.map { status in
                item(status.rawValue, clients.count { $0.status == status }, role: status.rawValue) {
                    $0.status = status
                }
            } + [
                item("with trouble", clients.count { $0.workloadsFailed > 0 }, role: "failed") { $0.troubleOnly = true }
            ]
    }

    private static func row(_ client: ClientOverview, history: FleetHistory, now: Timestamp) -> [String: Any] {
        var row: [String: Any] = [
            "name": client.name, "status": client.status.rawValue,
            "state": [
                client.status.rawValue, "\(client.workloadCount)", "\(client.workloadsRunning)",
                "\(client.workloadsFailed)", client.deployedVersion ?? "", "\(client.clones?.count ?? 0)",
            ].joined(separator: "|"),
            "seen": client.lastSeen.map { ago($0, now: now) } ?? "never",
            "seen_at": client.lastSeen.map { "\($0)" } ?? "",
            "running": "\(client.workloadsRunning)", "workloads": "\(client.workloadCount)",
            "failed": "\(client.workloadsFailed)", "has_trouble": client.workloadsFailed > 0,
            "release": client.deployedVersion ?? "–",
            "measures": measures(client, history: history),
        ]
        if let warning = client.cloneWarning {
            row["clone_warning"] = warning
            row["clones"] = "\(client.clones?.count ?? 0) hosts"
        }
        row["tagged"] = client.tags.prefix(3).map { ["tag": $0] }
        return row
    }

    private static func measures(_ client: ClientOverview, history: FleetHistory) -> [[String: Any]] {
        let system = client.system
        let now = [
            ("cpu", system?.cpuPercent), ("memory", system.map { FleetQuery.share($0.memoryUsedMB, $0.memoryTotalMB) }),
            ("disk", system.map { FleetQuery.share($0.diskUsedGB, $0.diskTotalGB) }),
        ]
        let series = history.series(of: client.name)
        return now.enumerated().map { index, measure in
            let percent = measure.1.flatMap { $0.isFinite ? Int(clamping: max(0, min(100, $0)).rounded()) : nil }
            var values: [String: Any] = [
                "label": measure.0, "value": percent.map { "\($0) %" } ?? "–", "percent": "\(percent ?? 0)",
                "level": (percent ?? 0) >= 90 ? "high" : (percent ?? 0) >= 75 ? "raised" : "low",
            ]
            if series.count > index, let line = Sparkline.path(series[index]) { values["line"] = line }
            return values
        }
    }

    static func client(
        _ client: ClientOverview, workloads: [Workload], history: FleetHistory, now: Timestamp,
        viewer: Pages.Viewer, message: ActionResult?
    ) -> [String: Any] {
        var facts: [(String, String?)] = [
            ("last seen", client.lastSeen.map { ago($0, now: now) } ?? "never"),
            ("address", address(client)),
            ("release", client.deployedVersion.map { ReleaseInUse.shown($0, client.deployedDigest) }),
            ("program", client.programVersion),
        ]
        if let system = client.system {
            facts += [
                ("memory", share(system.memoryUsedMB, of: system.memoryTotalMB, "MB")),
                ("disk", share(system.diskUsedGB, of: system.diskTotalGB, "GB")),
            ]
        }
        if let host = client.hostInfo {
            facts += [
                ("system", "\(host.os), \(host.architecture)"), ("host up for", DurationText.words(host.uptimeSeconds)),
                ("load", host.load.map { decimal($0, 2) }.joined(separator: " ")),
            ]
        }
        if let skew = client.clockSkewSeconds, abs(skew) > 5 {
            facts.append(("clock", "off by \(Int(clamping: skew)) s"))
        }
        if !client.tags.isEmpty { facts.append(("tags", client.tags.joined(separator: ", "))) }
        var values: [String: Any] = [
            "name": client.name, "status": client.status.rawValue,
            "facts": labelled(facts), "has_measures": client.system != nil,
            "measures": measures(client, history: history), "may_operate": viewer.mayOperate,
            "has_workloads": !workloads.isEmpty,
            "workloads": workloads.map { row($0, of: client.name, now: now, viewer: viewer) },
        ]
        if let warning = client.cloneWarning { values["clone_warning"] = warning }
        if let message {
            values["message"] = message.message
            values["failed"] = !message.success
        }
        return values
    }

    static func labelled(_ facts: [(String, String?)]) -> [[String: Any]] {
        facts.compactMap { label, value in value.map { ["label": label, "value": $0] } }
    }

    /// One workload by itself.
    static func workload(_ workload: Workload, of client: String, now: Timestamp, viewer: Pages.Viewer)
        -> [String: Any]
    {
        var values = row(workload, of: client, now: now, viewer: viewer)
        values["facts"] = labelled([
            ("type", workload.type.rawValue), ("mode", workload.runMode.rawValue),
            ("up for", workload.uptimeSeconds.map(DurationText.words)), ("pid", workload.pid.map { "\($0)" }),
            ("runs", "\(workload.runCount)"), ("last exit code", workload.lastExitCode.map { "\($0)" }),
            ("memory", workload.rssMB.map { "\(decimal($0, 1)) MB" }),
            ("memory limit", workload.memoryLimitMB.map { "\($0) MB" }),
            ("CPU", workload.cpuPercent.map { "\(decimal($0, 1)) %" }), ("nice", workload.cpuNice.map { "\($0)" }),
            ("version", workload.version), ("next run", workload.nextRun.map { "\($0)" }),
        ])
        if workload.lastError == nil { values["error"] = nil }
        return values
    }

    private static func row(
        _ workload: Workload, of client: String, now: Timestamp, viewer: Pages.Viewer
    ) -> [String: Any] {
        [
            "client": client, "name": workload.name, "status": workload.status.rawValue,
            "pid": workload.pid.map { "\($0)" } ?? "–", "uptime": workload.uptimeSeconds.map(DurationText.words) ?? "–",
            "runs": "\(workload.runCount)", "mode": workload.runMode.rawValue,
            "memory": workload.rssMB.map { "\(decimal($0, 1)) MB" } ?? "–",
            "cpu": workload.cpuPercent.map { "\(decimal($0, 1)) %" } ?? "–",
            "next": workload.nextRun.map { $0 > now ? "in \(DurationText.words($0.seconds(since: now)))" : "now" }
                ?? "–",
            "error": workload.lastError ?? workload.unknownText ?? "", "may_operate": viewer.mayOperate,
            "form_token": viewer.formToken,
            "is_up": workload.status.isActive || workload.status == .backoff || workload.status == .scheduled,
        ]
    }

    private static func address(_ client: ClientOverview) -> String? {
        client.host.map { host in client.apiPort.map { "\(host):\($0)" } ?? host }
    }

    private static func share(_ used: Double, of total: Double, _ unit: String) -> String {
        unit == "GB" ? "\(used) / \(total) GB" : "\(Int(clamping: used)) / \(Int(clamping: total)) \(unit)"
    }

    static func ago(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = now.seconds(since: time)
        return seconds < 1 ? "just now" : "\(DurationText.words(seconds)) ago"
    }
}

/// With at most so many digits behind the point; what a client sends may have sixteen.
private func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "–" }
    let power = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    return "\((value * power).rounded() / power)"
}
