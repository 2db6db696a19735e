import FleetClient
import FleetModel
import NIOCore
import NIOPosix

/// Runs a program, asks a URL or opens a connection.
package struct SystemReadinessChecker: ReadinessChecker {
    private let http: HTTPProbe
    private let errands: ErrandRunner

    package init(http: HTTPProbe, errands: ErrandRunner) {
        self.http = http
        self.errands = errands
    }

    package func look(_ check: ReadinessProbe.Check, plan: LaunchPlan, seconds: Double) async -> Readiness {
        switch check {
        case .http(let url): await http.isUp(url, seconds: seconds) ? .ready : .notYet
        case .tcp(let host, let port): await accepts(host: host, port: port, seconds: seconds) ? .ready : .notYet
        case .exec(let command):
            switch await errands.run(command, for: "ready", beside: plan, seconds: seconds) {
            case .ended(let outcome): outcome.isSuccess ? .ready : .notYet
            case .tookTooLong: .notYet
            case .failed(let reason): .impossible(reason)
            }
        }
    }

    private func accepts(host: String, port: Int, seconds: Double) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.milliseconds(Int64(clamping: seconds * 1000)))
        guard let channel = try? await bootstrap.connect(host: host, port: port).get() else { return false }
        channel.close(promise: nil)
        return true
    }
}
