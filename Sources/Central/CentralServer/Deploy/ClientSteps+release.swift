import FleetModel

/// Whether a client is there, and with which release.
enum ClientLook: Sendable {
    case present(ReleaseInUse)
    case unreachable(String)
}

/// Before something is done to a client, and after: is it what it is thought to be? Whoever doesn't answer is no reason
/// not to try; the deploy script looks again, on the client and under its lock.
extension ClientSteps {
    /// - Parameter output: takes what the script prints; for steps that have one.
    func perform(
        _ job: DeploymentJob, for request: DeploymentRequest, output: ScriptOutput?
    ) async -> DeploymentOutcome {
        guard job.other != nil else { return await act(job, for: request, output: output) }
        if let reason = await present(job).flatMap(job.objection) { return .leftAlone(reason) }
        let outcome = await act(job, for: request, output: output)
        switch (job.step, outcome) {
        case (.watch, .done), (.watchBack, .done), (.watch, .failed), (.watchBack, .failed):
            guard let present = await present(job) else { return outcome }
            if let reason = job.objection(to: present) { return .leftAlone(reason) }
            if outcome == .done, !present.mayBe(job.release) {
                return .failed("it has \(present.words) in use, not \(job.release.words)")
            }
            return outcome
        default: return outcome
        }
    }

    /// Clients of a deployment that nothing goes on with, and that have something else in use than it left them with.
    func changes(in deployment: DeploymentMachine) async -> [(client: String, reason: String)] {
        let done = deployment.clients.filter { $0.step == nil && $0.isTouched && !$0.isLeftAlone }
        return await withTaskGroup(of: (String, String)?.self) { tasks in
            var changes: [(client: String, reason: String)] = []
            for (index, client) in done.enumerated() {
                if index >= Admission.looksAtOnce, let change = await tasks.next() ?? nil { changes.append(change) }
                tasks.addTask {
                    guard case .present(let present) = await look(at: client.name) else { return nil }
                    return present.objection(besides: client.previous, deployment.release).map { (client.name, $0) }
                }
            }
            for await change in tasks { if let change { changes.append(change) } }
            return changes
        }
    }

    /// Nil where it does not answer.
    private func present(_ job: DeploymentJob) async -> ReleaseInUse? {
        guard case .present(let release) = await look(at: job.client) else { return nil }
        return release
    }
}

extension Health {
    var release: ReleaseInUse {
        ReleaseInUse(version: deployedVersion, digest: deployedDigest.flatMap { Digest.isText($0) ? $0 : nil })
    }
}
