import FleetModel
import TerminalText

/// Deployments as people read them.
enum DeploymentTable {
    static func table(_ deployments: [DeploymentStatus]) -> Table {
        var table = Table([
            Table.Column(title: "ID"), Table.Column(title: "VERSION", narrowest: 8), Table.Column(title: "STATUS"),
            Table.Column(title: "HEALTHY", isRight: true, importance: 4),
            Table.Column(title: "BEGAN", isRight: true, importance: 3),
            Table.Column(title: "TOOK", isRight: true, importance: 2),
            Table.Column(title: "BY", narrowest: 8, importance: 1),
            Table.Column(title: "REASON", narrowest: 16, importance: 5),
        ])
        table.rows = deployments.map { deployment in
            let healthy = deployment.clientStatuses.count { $0.status == .healthy }
            let took = deployment.startedAt.map { started in
                DurationText.words((deployment.completedAt ?? Output.now).seconds(since: started))
            }
            return [
                Table.Cell(deployment.id ?? "-"), Table.Cell(deployment.release),
                Table.Cell(deployment.status.rawValue, DisplayFormat.colour(of: deployment.status)),
                Table.Cell("\(healthy)/\(deployment.clientStatuses.count)"),
                Table.Cell(DisplayFormat.distance(from: Output.now, to: deployment.createdAt)), Table.Cell(took ?? "-"),
                Table.Cell(deployment.createdBy ?? "-"), Table.Cell(deployment.error ?? "-"),
            ]
        }
        return table
    }

    /// One deployment: its head, then its clients.
    static func lines(of deployment: DeploymentStatus) -> [String] {
        let screen = TerminalScreen.current()
        var lines = [
            SafeText.line("deployment \(deployment.id ?? "(a plan)"): \(deployment.release), ")
                + screen.paint(deployment.status.rawValue, DisplayFormat.colour(of: deployment.status))
        ]
        if let error = deployment.error { lines.append("reason: " + SafeText.line(error)) }
        for refusal in deployment.refusals ?? [] {
            lines.append("refused: " + SafeText.line((refusal.client.map { "\($0): " } ?? "") + refusal.reason))
        }
        var table = Table([
            Table.Column(title: "BATCH", isRight: true, importance: 2), Table.Column(title: "CLIENT", narrowest: 12),
            Table.Column(title: "STATUS"), Table.Column(title: "BEFORE", narrowest: 8, importance: 1),
            Table.Column(title: "TOOK", isRight: true, importance: 0),
            Table.Column(title: "REASON", narrowest: 16, importance: 3),
        ])
        table.rows = deployment.clientStatuses.map { client in
            let took = client.startedAt.map { started in
                DurationText.words((client.completedAt ?? Output.now).seconds(since: started))
            }
            return [
                Table.Cell("\(client.batchNumber)"), Table.Cell(client.clientName),
                Table.Cell(client.status.rawValue, DisplayFormat.colour(of: client.status)),
                Table.Cell(client.previous ?? "-"), Table.Cell(took ?? "-"),
                Table.Cell(client.error ?? client.plan?.words ?? "-"),
            ]
        }
        return lines + table.lines(on: screen)
    }
}

extension DisplayFormat {
    static func colour(of state: DeploymentState) -> Colour {
        switch state {
        case .completed: .good
        case .inProgress: .busy
        case .pending, .paused, .planned: .waiting
        case .cancelling, .rollingBack, .failed, .rollbackFailed: .trouble
        case .cancelled, .rolledBack: .faint
        }
    }

    static func colour(of state: ClientDeploymentState) -> Colour {
        switch state {
        case .healthy: .good
        case .deploying, .deployed, .rollingBack: .busy
        case .pending: .waiting
        case .failed, .rollbackFailed: .trouble
        case .skipped, .rolledBack: .faint
        }
    }
}
