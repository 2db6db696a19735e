import FleetModel

extension FleetMirror {
    /// What is not as it was in an older picture.
    func differences(from old: FleetMirror, now: Timestamp) -> [Happening] {
        var found: [Happening] = []
        for (name, client) in clients.sorted(by: { $0.key < $1.key }) {
            guard let before = old.clients[name] else {
                found.append(Happening(time: now, weight: .good, target: name, text: "is new"))
                continue
            }
            if before.overview.status != client.overview.status {
                found.append(Self.happening(client.overview, now))
            }
            for (workloadName, workload) in client.workloads.sorted(by: { $0.key < $1.key }) {
                let id = WorkloadID(client: name, workload: workloadName)
                guard let was = before.workloads[workloadName] else {
                    found.append(Happening(time: now, weight: .info, target: id.text, text: "is new"))
                    continue
                }
                guard was.status != workload.status || was.runCount != workload.runCount else { continue }
                if let happening = Self.happening(id, workload, now) { found.append(happening) }
            }
            for gone in before.workloads.keys.sorted() where client.workloads[gone] == nil {
                found.append(Happening(time: now, weight: .info, target: "\(name)/\(gone)", text: "removed"))
            }
        }
        for gone in old.clients.keys.sorted() where clients[gone] == nil {
            found.append(Happening(time: now, weight: .info, target: gone, text: "forgotten"))
        }
        for deployment in deployments {
            guard let id = deployment.id, old.deployment(id)?.status != deployment.status else { continue }
            found.append(
                Happening(
                    time: now, weight: Words.weight(of: deployment.status), target: "deploy \(deployment.version)",
                    text: Words.state(deployment.status)))
        }
        return found
    }
}
