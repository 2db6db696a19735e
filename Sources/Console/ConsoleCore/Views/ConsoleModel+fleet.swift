import FleetModel

/// The whole fleet: counts, the table, and what happened to the client under the cursor.
extension ConsoleModel {
    func drawFleet(_ frame: inout Frame) {
        drawCounts(&frame)
        drawTable(source(of: screen), place.table, at: 2, rows: layout.tableRows, &frame)
        guard let top = layout.paneTop else { return }
        guard let name = place.table.cursor, fleet.clients[name] != nil else {
            drawRule(top, "", &frame)
            return
        }
        drawRule(top, name, right: "events", &frame)
        let half = size.columns / 2
        for (index, notice) in notices.newest(of: name, 2).enumerated() {
            let start = 1 + index * half
            let end = frame.write(
                DisplayFormat.moment(notice.time, now: pictureTime), row: top + 1, column: start, .dim)
            let target = notice.target.dropFirst(name.count).drop { $0 == "/" }
            let text = target.isEmpty ? notice.text : "\(target) \(notice.text)"
            frame.write(text, row: top + 1, column: end + 2, notice.severity.role, width: half - (end - start) - 4)
        }
        if let action = fleet.lastActions[name] {
            let text =
                "last action: \(action.who) \(action.action) \(action.target.dropFirst(name.count).drop { $0 == "/" })"
            frame.write(
                "\(text) \(DisplayFormat.moment(action.time, now: pictureTime)), \(action.result)", row: top + 2,
                column: 1,
                action.result == "ok" ? .dim : .warn, width: size.columns - 2)
        }
    }

    /// `clients 128: 119 online  6 STALE | work 842: 830 run  7 FAIL | deploy 1.5.0 45%`
    private func drawCounts(_ frame: inout Frame) {
        guard hasPicture else { return }
        let tally = fleet.tally
        // Where there is little room, what is as it should be is left out first.
        let gap = size.columns < 100 ? " " : "  "
        let isShort = size.columns < 76
        var column = 1
        func write(_ text: String, _ role: Role) { column = frame.write(text, row: 1, column: column, role) }
        func count(_ number: Int, _ text: String, _ role: Role) {
            guard number > 0 else { return }
            write("\(number) \(text)\(gap)", role)
        }
        write("clients \(tally.clientCount): ", .text)
        count(tally.clients[.online] ?? 0, "online", .ok)
        count(tally.clients[.stale] ?? 0, "STALE", .warn)
        count(tally.clients[.offline] ?? 0, "OFFLINE", .bad)
        count(tally.cloned, "CLONED", .bad)
        write("| work \(tally.workloadCount): ", .text)
        let running = tally.workloads(where: { $0 == .running })
        let failed = tally.workloads(where: \.isTrouble)
        if !isShort {
            count(running, "run", .ok)
            count(tally.workloadCount - running - failed, "stop", .text)
        }
        count(failed, "FAIL", .bad)
        if isShort, failed == 0 { write("0 FAIL ", .ok) }
        if let deployment = fleet.deployments.first(where: { !$0.status.isEnded }) {
            let progress = DeploymentProgress(deployment)
            let percent = progress.total > 0 ? 100 * progress.settled / progress.total : 0
            write("| deploy \(deployment.version) \(percent)%", progress.failed > 0 ? .warn : .info)
        }
    }
}
