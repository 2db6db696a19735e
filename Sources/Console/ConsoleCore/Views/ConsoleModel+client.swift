import FleetConfig
import FleetModel

/// One client: what it is, how busy, its workloads, and the end of the log of the one under the cursor.
extension ConsoleModel {
    func drawClient(_ name: String, _ frame: inout Frame) {
        if let client = fleet.clients[name]?.overview {
            if client.isCloned {
                drawClones(client, &frame)
            } else {
                drawFacts(client, &frame)
                drawGauges(client, &frame)
            }
        } else {
            frame.write(hasPicture ? "\(name) is not known any more" : "", row: 1, column: 1, .warn)
        }
        drawTable(source(of: screen), place.table, at: 3, rows: layout.tableRows, &frame)
        guard let top = layout.paneTop else { return }
        guard let id = workloadUnderCursor else {
            drawRule(top, "", &frame)
            return
        }
        let rows = max(0, layout.statusRow - top - 1)
        let count = min(rows, tail.buffer.count)
        let state =
            tail.isLoading
            ? "loading" : tail.saidEnd ?? (count == 0 ? "no log yet" : "last \(DisplayFormat.plural(count, "line"))")
        drawRule(top, id.workload, right: state, &frame)
        for offset in 0..<count {
            let number = tail.buffer.number(at: tail.buffer.count - count + offset)
            guard let line = tail.buffer[number] else { continue }
            frame.write(line.text, row: top + 1 + offset, column: 1, .log, width: size.columns - 1)
        }
    }

    /// In place of facts and measures, which are now those of one host and now of the other.
    private func drawClones(_ client: ClientOverview, _ frame: inout Frame) {
        let width = size.columns - 2
        frame.write(
            "CLONED: \(client.clones?.count ?? 0) daemons have this name; give each its own fleet.client_name", row: 1,
            column: 1, .bad, width: width)
        frame.write(client.cloneList, row: 2, column: 1, .warn, width: width)
    }

    private func drawFacts(_ client: ClientOverview, _ frame: inout Frame) {
        var column = 1
        func write(_ text: String, _ role: Role = .text) {
            column = frame.write(text, row: 1, column: column, role) + 2
        }
        let age = client.lastSeen.map { DisplayFormat.age(pictureTime.seconds(since: $0)) } ?? "-"
        write("\(DisplayFormat.state(client.status)) \(age)", DisplayFormat.role(client.status))
        if let version = client.deployedVersion { write(version) }
        if let info = client.hostInfo {
            write(info.architecture, .dim)
            if let host = client.host { write(client.apiPort.map { "\(host):\($0)" } ?? host, .dim) }
            if client.status != .offline {
                write("up \(DurationText.column(info.uptimeSeconds))")
                write("load " + info.load.map { DisplayFormat.decimal($0) }.joined(separator: " "))
            }
        }
        if let skew = client.clockSkewSeconds {
            write("skew \(skew < 0 ? "-" : "+")\(DisplayFormat.decimal(abs(skew)))s", abs(skew) > 5 ? .warn : .dim)
        }
        if let os = client.hostInfo?.os { write(os, .dim) }
    }

    private func drawGauges(_ client: ClientOverview, _ frame: inout Frame) {
        guard client.status != .offline, client.system != nil else {
            frame.write("cpu -   mem -   disk -", row: 2, column: 1, .dim)
            return
        }
        let third = (size.columns - 2) / 3
        let gauges = [
            ("cpu", options.thresholds.cpu), ("mem", options.thresholds.memory), ("disk", options.thresholds.disk),
        ]
        for (index, (name, pair)) in gauges.enumerated() {
            guard let percent = FleetTable.percent(client, name) else { continue }
            let level = Level(percent, pair)
            let start = 1 + index * third
            var column = frame.write("\(name) ", row: 2, column: start, .text)
            let width = min(22, third - 12)
            if width >= 6 {
                drawBar(percent, role: level.barRole, row: 2, column: column, width: width, &frame)
                column += width + 1
            }
            frame.write(
                "\(DisplayFormat.number(percent))%\(level == .bad ? "!" : "")", row: 2, column: column, level.role)
        }
    }
}
