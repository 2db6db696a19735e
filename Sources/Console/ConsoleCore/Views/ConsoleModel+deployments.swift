import FleetModel

/// Deployments, and how far one is.
extension ConsoleModel {
    func drawDeployments(_ frame: inout Frame) {
        drawTable(
            source(of: screen), place.table, at: 1, rows: layout.tableRows, isActive: !place.isDetailActive, &frame)
        guard let top = layout.paneTop else { return }
        guard let id = place.table.cursor, let deployment = fleet.deployment(id) else {
            drawRule(top, "", &frame)
            return
        }
        drawRule(top, deployment.release, right: DisplayFormat.state(deployment.status), &frame)
        drawProgress(deployment, at: top + 1, &frame)
        drawTable(
            detailSource(), place.detail, at: top + 3, rows: layout.detailRows, isActive: place.isDetailActive, &frame)
    }

    func drawDeployment(_ id: String, _ frame: inout Frame) {
        if let deployment = fleet.deployment(id) { drawProgress(deployment, at: 1, &frame) }
        drawTable(source(of: screen), place.table, at: 3, rows: layout.tableRows, &frame)
    }

    /// A bar and where it is, in two rows.
    private func drawProgress(_ deployment: DeploymentStatus, at row: Int, _ frame: inout Frame) {
        let progress = DeploymentProgress(deployment)
        let percent = progress.total > 0 ? 100 * progress.settled / progress.total : 0
        var words: [(String, Role)] = [("\(percent)%", .title), ("\(progress.healthy) ok", .ok)]
        if progress.active > 0 { words.append(("\(progress.active) now", .info)) }
        if progress.failed > 0 { words.append(("\(progress.failed) FAIL", .bad)) }
        if progress.waiting > 0 { words.append(("\(progress.waiting) wait", .dim)) }
        if progress.skipped > 0 { words.append(("\(progress.skipped) skipped", .dim)) }
        let width = max(8, min(72, size.columns - 46))
        let inner = width - 2
        func share(_ count: Int) -> Int { progress.total > 0 ? count * inner / progress.total : 0 }
        var column = frame.write("|", row: row, column: 1, .dim)
        for (count, glyph, role) in [
            (progress.healthy + progress.skipped, glyphs.full, Role.barLow), (progress.failed, "!", .barHigh),
            (progress.active, glyphs.half, .barMid),
        ] where count > 0 {
            let next = min(2 + inner, column + max(1, share(count)))
            frame.fill(row: row, from: column, to: next, with: glyph, Style(role))
            column = next
        }
        frame.fill(row: row, from: column, to: 2 + inner, with: glyphs.empty, Style(.dim))
        column = frame.write("|", row: row, column: 2 + inner, .dim) + 2
        for (text, role) in words { column = frame.write(text, row: row, column: column, role) + 2 }
        column =
            frame.write(
                DisplayFormat.state(deployment.status), row: row + 1, column: 1,
                DisplayFormat.severity(of: deployment.status).role) + 2
        column = frame.write("batch \(progress.batch) of \(progress.batches)", row: row + 1, column: column, .text) + 2
        if deployment.maxFailures > 0 || progress.failed > 0 {
            column =
                frame.write(
                    "\(progress.failed) of \(deployment.maxFailures) allowed failures used", row: row + 1,
                    column: column,
                    progress.failed > deployment.maxFailures ? .bad : .dim) + 2
        }
        if let error = deployment.error { frame.write(error, row: row + 1, column: column, .bad) }
    }
}
