import FleetModel

/// What the templates are given: texts, ready to be shown.
enum PageValues {
    static func fleet(_ clients: [ClientOverview], now: Timestamp, here: String) -> [String: Any] {
        func count(_ status: ClientStatus) -> Int { clients.count { $0.status == status } }
        let trouble = clients.map(\.workloadsFailed).reduce(0, +)
        return [
            "count": "\(clients.count)", "online": "\(count(.online))",
            "stale": count(.stale) > 0, "stale_text": "\(count(.stale))",
            "offline": count(.offline) > 0, "offline_text": "\(count(.offline))",
            "trouble": trouble > 0, "trouble_text": "\(trouble)", "here": here,
            "has_clients": !clients.isEmpty, "clients": clients.map { row($0, now: now) },
        ]
    }

    private static func row(_ client: ClientOverview, now: Timestamp) -> [String: Any] {
        [
            "name": client.name, "status": client.status.rawValue,
            "seen": client.lastSeen.map { ago($0, now: now) } ?? "never", "running": "\(client.workloadsRunning)",
            "workloads": "\(client.workloadCount)", "failed": "\(client.workloadsFailed)",
            "has_trouble": client.workloadsFailed > 0, "cpu": client.system.map { "\($0.cpuPercent) %" } ?? "-",
            "memory": client.system.map { share($0.memoryUsedMB, of: $0.memoryTotalMB, "MB") } ?? "-",
            "disk": client.system.map { share($0.diskUsedGB, of: $0.diskTotalGB, "GB") } ?? "-",
            "release": client.deployedVersion ?? "-", "address": address(client) ?? "-",
        ]
    }

    static func client(
        _ client: ClientOverview, workloads: [Workload], now: Timestamp, viewer: Pages.Viewer,
        message: ActionResult?
    ) -> [String: Any] {
        var facts: [(String, String?)] = [
            ("last seen", client.lastSeen.map { ago($0, now: now) } ?? "never"),
            ("address", address(client)),
            ("release", client.deployedVersion),
            ("program", client.programVersion),
        ]
        if let system = client.system {
            facts += [
                ("CPU", "\(system.cpuPercent) %"),
                ("memory", share(system.memoryUsedMB, of: system.memoryTotalMB, "MB")),
                ("disk", share(system.diskUsedGB, of: system.diskTotalGB, "GB")),
            ]
        }
        if let host = client.hostInfo {
            facts += [
                ("system", "\(host.os), \(host.architecture)"), ("host up for", duration(host.uptimeSeconds)),
                ("load", host.load.map { "\($0)" }.joined(separator: " ")),
            ]
        }
        if let skew = client.clockSkewSeconds, abs(skew) > 5 { facts.append(("clock", "off by \(Int(skew)) s")) }
        if !client.tags.isEmpty { facts.append(("tags", client.tags.joined(separator: ", "))) }
        var values: [String: Any] = [
            "name": client.name, "status": client.status.rawValue,
            "facts": facts.compactMap { label, value in value.map { ["label": label, "value": $0] } },
            "has_workloads": !workloads.isEmpty,
            "workloads": workloads.map { row($0, of: client.name, now: now, viewer: viewer) },
        ]
        if let message {
            values["message"] = message.message
            values["failed"] = !message.success
        }
        return values
    }

    private static func row(
        _ workload: Workload, of client: String, now: Timestamp, viewer: Pages.Viewer
    ) -> [String: Any] {
        [
            "client": client, "name": workload.name, "status": workload.status.rawValue,
            "pid": workload.pid.map { "\($0)" } ?? "-", "uptime": workload.uptimeSeconds.map(duration) ?? "-",
            "runs": "\(workload.runCount)", "mode": workload.runMode.rawValue,
            "memory": workload.rssMB.map { "\($0) MB" } ?? "-",
            "cpu": workload.cpuPercent.map { "\($0) %" } ?? "-",
            "next": workload.nextRun.map { $0 > now ? "in \(duration($0.seconds(since: now)))" : "now" } ?? "-",
            "error": workload.lastError ?? "", "may_operate": viewer.mayOperate, "form_token": viewer.formToken,
            "is_up": workload.status.isActive || workload.status == .backoff || workload.status == .scheduled,
        ]
    }

    private static func address(_ client: ClientOverview) -> String? {
        client.host.map { host in client.apiPort.map { "\(host):\($0)" } ?? host }
    }

    private static func share(_ used: Double, of total: Double, _ unit: String) -> String {
        unit == "GB" ? "\(used) / \(total) GB" : "\(Int(used)) / \(Int(total)) \(unit)"
    }

    private static func ago(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = now.seconds(since: time)
        return seconds < 1 ? "just now" : "\(duration(seconds)) ago"
    }

    private static func duration(_ seconds: Double) -> String {
        let seconds = Int(max(0, min(seconds, 1e12)))
        if seconds >= 86_400 { return "\(seconds / 86_400)d \(seconds / 3600 % 24)h" }
        if seconds >= 3600 { return "\(seconds / 3600)h \(seconds / 60 % 60)m" }
        return seconds >= 60 ? "\(seconds / 60)m \(seconds % 60)s" : "\(seconds)s"
    }
}
