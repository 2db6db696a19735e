import AsyncHTTPClient
import FleetModel
import NIOCore
import NIOPosix

extension HTTPClient {
    /// Calls to one host at a time. Each may last as long as a workload takes to stop, and what does not get
    /// a connection within the time for connecting fails: so this is as many as anybody has.
    package static let mostCallsAtOnce = 512

    /// A client as ours are: it follows no redirects, keeps connections, gives up on a host that is not there, and
    /// takes no answer that makes no sense (`AnswerGuard`). `scripts/check` sees to it that there is no other.
    /// Whoever makes one shuts it down.
    ///
    /// - Parameter silence: seconds without a byte after which a server counts as gone.
    package static func fleet(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, silence: Double = TimeLimits.silence
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: Configuration.Timeout(
                connect: .seconds(Int64(clamping: TimeLimits.connecting)), read: .seconds(Int64(clamping: silence))))
        // Above the usual interval of heartbeats, so that they keep their connection; below what our servers wait.
        configuration.connectionPool.idleTimeout = .seconds(50)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = mostCallsAtOnce
        // A host that refuses is known to refuse at once: those who want to try again do so in their own time.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = { channel in
            AnswerGuard.install(in: channel).and(SilentPeer.watch(channel)).map { _, _ in }
        }
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }
}
