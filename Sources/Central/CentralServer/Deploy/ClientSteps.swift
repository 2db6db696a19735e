import AsyncHTTPClient
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOPosix

/// Does the steps of a deployment for one client: the edge of the machine.
struct ClientSteps: Sendable {
    /// Seconds for one look at a client.
    static let lookSeconds = 5.0

    let state: FleetState
    let forwarder: Forwarder
    let script: DeployScript
    let pool: NIOThreadPool
    /// Workloads of a release by the control host's copy of it.
    let names: @Sendable (_ version: String) -> Set<String>

    /// - Parameter output: takes what the script prints; for steps that have one.
    func act(
        _ job: DeploymentJob, for request: DeploymentRequest, output: ScriptOutput?
    ) async -> DeploymentOutcome {
        switch job.step {
        case .ask: await ask(job.client)
        case .sync, .syncBack: await sync(job, output ?? ScriptOutput(after: "", title: ""))
        case .reload, .reloadBack, .settle: await reload(job.client, within: request.healthCheckTimeout)
        case .watch, .watchBack: await watch(job, request)
        }
    }

    private func ask(_ client: String) async -> DeploymentOutcome {
        do {
            let release = try await health(of: client).release
            if let deployed = release.version, !Identifier.isVersion(deployed) {
                return .failed("it has '\(deployed.cut(toBytes: 80))' in use, which is no name of a release")
            }
            return .previous(release.version, digest: release.digest)
        } catch {
            return .failed(Self.words(error))
        }
    }

    // MARK: - Bringing files

    private func sync(_ job: DeploymentJob, _ output: ScriptOutput) async -> DeploymentOutcome {
        let client = state.ask { picture, _ in picture.inventory[job.client] }
        let end = await script.run(for: job, client: client).run(in: pool) { output.append($0) }
        switch end {
        case .exited(0): return .done
        case .exited(DeployScript.leftAlone): return .leftAlone(output.lastLine ?? "the deploy script says so")
        case .exited(let code):
            return await unfinished(job, "the deploy script ended with status \(code)\(output.reason)")
        case .signalled(let signal):
            return await unfinished(job, "the deploy script was ended by signal \(signal)\(output.reason)")
        case .timedOut:
            return await unfinished(
                job, "the deploy script was not done within \(Int(clamping: script.timeLimit)) s\(output.reason)")
        case .cancelled: return .failed("the deploy script was ended")
        case .notStarted(let reason): return await unfinished(job, reason)
        }
    }

    /// A script that failed may have changed nothing: a client that says which release it has in use is believed, since
    /// the switch is what counts.
    private func unfinished(_ job: DeploymentJob, _ reason: String) async -> DeploymentOutcome {
        guard case .present(let release) = await look(at: job.client) else { return .failed(reason) }
        return .unfinished(reason, inUse: release)
    }

    // MARK: - Reloading

    /// Tried again for as long as the client can't be reached, as while its daemon starts anew: at growing pauses, and
    /// when the client reports. A daemon that refuses, or that answers without an end, is asked once.
    private func reload(_ client: String, within seconds: Double) async -> DeploymentOutcome {
        await state.reports.withReports(of: client) { reports in
            let start = ContinuousClock.now
            var left: Double { seconds - (ContinuousClock.now - start) / .seconds(1) }
            var tries = 0
            while true {
                let reason: String
                do {
                    let answer = try await forwarder.pass(DaemonEndpoint.reload, to: client)
                    guard answer.status != .ok else { return .done }
                    reason = "the daemon refused: \(Self.refusal(answer))"
                    guard answer.status == .serviceUnavailable else { return .failed(reason) }
                } catch {
                    reason = Self.words(error)
                    guard let error = error as? APIError, Self.mayPass(error) else { return .failed(reason) }
                }
                tries += 1
                guard left > 0, await pause(afterFailures: tries, atMost: left, reports) else { return .failed(reason) }
            }
        }
    }

    /// - Returns: false where the task was cancelled.
    private func pause(afterFailures tries: Int, atMost most: Double, _ reports: Signal) async -> Bool {
        let start = ContinuousClock.now
        let wake = await reports.wait(seconds: min(most, HealthGate.pauses.pause(afterFailures: tries)))
        // However many reports come.
        let shortest = Duration.seconds(min(most, HealthGate.shortestPauses.pause(afterFailures: tries)))
        guard wake != .cancelled else { return false }
        try? await Task.sleep(until: start + shortest)
        return !Task.isCancelled
    }

    /// It could not be reached, which may be another matter in a moment.
    private static func mayPass(_ error: APIError) -> Bool {
        error.status == .badGateway || error.status == .serviceUnavailable
    }

    private static func refusal(_ answer: PassedAnswer) -> String {
        let error = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(answer.body.readableBytesView))
        let first = error?.errors?.first.map { "; the first: \($0)" } ?? ""
        return (error?.detail ?? "status \(answer.status.code)") + first
    }

    // MARK: - The gate

    private func watch(_ job: DeploymentJob, _ request: DeploymentRequest) async -> DeploymentOutcome {
        await state.reports.withReports(of: job.client) { await watch(job, request, reports: $0) }
    }

    private func watch(_ job: DeploymentJob, _ request: DeploymentRequest, reports: Signal) async -> DeploymentOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        var now: Double { (clock.now - start) / .seconds(1) }
        var gate = HealthGate(
            version: job.version, minHealthy: request.minHealthySeconds, deadline: request.healthCheckTimeout,
            names: names(job.version))
        while !Task.isCancelled {
            let seen = await look(at: job.client, within: max(0.05, gate.deadline - now))
            var next = now
            switch gate.observe(seen, at: now) {
            case .healthy: return .done
            case .failed(let reason): return .failed(reason)
            case .look(let time): next = time
            }
            let earliest = now + gate.shortestPause
            while now < next, await reports.wait(seconds: next - now) == .rang {
                if case .look(let time) = gate.observe(report(of: job.client), at: now) {
                    next = min(next, max(time, earliest))
                }
            }
        }
        return .failed("it was no longer waited for")
    }

    private func report(of client: String) -> HealthGate.Observation {
        let heartbeat = state.ask { picture, _ in picture.client(client)?.heartbeat }
        guard let heartbeat else { return .silence("it was forgotten") }
        if heartbeat.goodbye == true { return .silence("its daemon says goodbye") }
        return .report(deployedVersion: heartbeat.deployedVersion, heartbeat.workloads)
    }

    private func look(at client: String, within seconds: Double) async -> HealthGate.Observation {
        do {
            return try await limited(to: min(seconds, Self.lookSeconds)) {
                let health = try await health(of: client)
                let answer = try await forwarder.pass(DaemonEndpoint.list, to: client)
                let list = try JSONDecoder().decode(WorkloadList.self, from: Data(answer.body.readableBytesView))
                return .answer(deployedVersion: health.deployedVersion, list.workloads)
            }
        } catch {
            return .silence(Self.words(error))
        }
    }

    // MARK: - Asking a daemon

    /// - Throws: `APIError`, or what decoding throws.
    func health(of client: String) async throws -> Health {
        let answer = try await forwarder.pass(DaemonEndpoint.health, to: client)
        let health = try JSONDecoder().decode(Health.self, from: Data(answer.body.readableBytesView))
        guard health.status == "ok" else {
            throw APIError(.badGateway, "its daemon says '\(health.status.cut(toBytes: 40))' of itself")
        }
        return health
    }

    /// What a client has in use, or a sentence why it can't be deployed to now.
    func look(at client: String) async -> ClientLook {
        do {
            return .present(try await limited(to: Self.lookSeconds) { try await health(of: client).release })
        } catch {
            return .unreachable(Self.words(error))
        }
    }

    private func limited<Value: Sendable>(
        to seconds: Double, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withTimeLimit(seconds: seconds, body)
        } catch is TimeLimitPassed {
            throw APIError(.gatewayTimeout, "its daemon did not answer in time")
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as APIError: error.detail
        case is DecodingError: "what it answered is not what a daemon of ours answers"
        default: "\(error)"
        }
    }
}
