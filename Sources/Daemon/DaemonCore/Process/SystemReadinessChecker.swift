import CProcess
import FleetClient
import FleetModel
import Glibc
import NIOCore
import NIOPosix

/// Runs a program, asks a URL or opens a connection.
package struct SystemReadinessChecker: ReadinessChecker {
    /// One look must not take longer; the next one comes anyway.
    private static let limit = 5.0
    private let http: HTTPProbe

    package init(http: HTTPProbe) { self.http = http }

    package func isReady(_ check: ReadinessProbe.Check, plan: LaunchPlan) async -> Bool {
        switch check {
        case .http(let url): await http.isUp(url, seconds: Self.limit)
        case .tcp(let host, let port): await accepts(host: host, port: port)
        case .exec(let command): await succeeds(command, plan: plan)
        }
    }

    private func accepts(host: String, port: Int) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.milliseconds(Int64(clamping: Self.limit * 1000)))
        guard let channel = try? await bootstrap.connect(host: host, port: port).get() else { return false }
        channel.close(promise: nil)
        return true
    }

    /// As the daemon's own user, in the workload's place and environment.
    private func succeeds(_ command: [String], plan: LaunchPlan) async -> Bool {
        var pid: pid_t = 0
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = plan.environment.map { strdup("\($0)=\($1)") } + [nil]
        let error = mcp_spawn_check(arguments, variables, plan.workingDirectory, &pid)
        for pointer in arguments + variables { free(pointer) }
        guard error == 0 else { return false }
        let end = ContinuousClock.now + .seconds(Self.limit)
        while ContinuousClock.now < end, !Task.isCancelled {
            let result = mcp_check_result(pid)
            if result >= 0 { return result == 0 }
            try? await Task.sleep(for: .milliseconds(10))
        }
        // A group of its own: what it started goes with it.
        kill(-pid, SIGKILL)
        for _ in 0..<100 where mcp_check_result(pid) < 0 { usleep(1000) }
        return false
    }
}
