import FleetModel

extension FleetMirror {
    /// What is not as it was in an older picture.
    func differences(from old: FleetMirror, now: Timestamp) -> [Notice] {
        var found: [Notice] = []
        for (name, client) in clients.sorted(by: { $0.key < $1.key }) {
            guard let before = old.clients[name] else {
                found.append(Notice(time: now, severity: .good, target: name, text: "is new"))
                continue
            }
            if before.overview.status != client.overview.status {
                found.append(Self.notice(client.overview, now))
            }
            if before.overview.isCloned != client.overview.isCloned {
                found.append(Self.cloneNotice(client.overview, now))
            }
            for (workloadName, workload) in client.workloads.sorted(by: { $0.key < $1.key }) {
                let id = WorkloadID(client: name, workload: workloadName)
                guard let was = before.workloads[workloadName] else {
                    found.append(Notice(time: now, severity: .info, target: id.text, text: "is new"))
                    continue
                }
                guard was.status != workload.status || was.runCount != workload.runCount else { continue }
                if let notice = Self.notice(id, workload, now) { found.append(notice) }
            }
            for gone in before.workloads.keys.sorted() where client.workloads[gone] == nil {
                found.append(Notice(time: now, severity: .info, target: "\(name)/\(gone)", text: "removed"))
            }
        }
        for gone in old.clients.keys.sorted() where clients[gone] == nil {
            found.append(Notice(time: now, severity: .info, target: gone, text: "forgotten"))
        }
        for deployment in deployments {
            guard let id = deployment.id, old.deployment(id)?.status != deployment.status else { continue }
            found.append(
                Notice(
                    time: now, severity: DisplayFormat.severity(of: deployment.status),
                    target: "deploy \(deployment.version)",
                    text: DisplayFormat.state(deployment.status)))
        }
        return found
    }
}
