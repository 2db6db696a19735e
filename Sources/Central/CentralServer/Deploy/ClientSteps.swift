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

    /// - Parameter output: given what the script prints.
    func act(
        _ job: DeploymentJob, for request: DeploymentRequest, output: @escaping @Sendable ([UInt8]) -> Void
    ) async -> DeploymentOutcome {
        switch job.step {
        case .ask: await ask(job.client)
        case .sync, .syncBack: await sync(job, output)
        case .reload, .reloadBack, .settle: await reload(job.client)
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

    private func sync(_ job: DeploymentJob, _ output: @escaping @Sendable ([UInt8]) -> Void) async -> DeploymentOutcome
    {
        let client = state.ask { picture, _ in picture.inventory[job.client] }
        let last = LockedTail()
        let end = await script.run(for: job, client: client).run(in: pool) { bytes in
            last.append(bytes)
            output(bytes)
        }
        switch end {
        case .exited(0): return .done
        case .exited(DeployScript.leftAlone): return .leftAlone(last.sentence ?? "the deploy script says so")
        case .exited(let code): return .failed("the deploy script ended with status \(code)\(last.reason)")
        case .signalled(let signal): return .failed("the deploy script was ended by signal \(signal)\(last.reason)")
        case .timedOut:
            return .failed("the deploy script was not done within \(Int(clamping: script.timeLimit)) s\(last.reason)")
        case .cancelled: return .failed("the deploy script was ended")
        case .notStarted(let reason): return .failed(reason)
        }
    }

    private func reload(_ client: String) async -> DeploymentOutcome {
        do {
            let answer = try await forwarder.pass(DaemonEndpoint.reload, to: client)
            guard answer.status != .ok else { return .done }
            let error = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(answer.body.readableBytesView))
            let first = error?.errors?.first.map { "; the first: \($0)" } ?? ""
            return .failed("the daemon refused: \(error?.detail ?? "status \(answer.status.code)")\(first)")
        } catch {
            return .failed(Self.words(error))
        }
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
            let earliest = now + HealthGate.shortestPause
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
