import FleetModel
import Glibc
import Logging
import NIOCore

/// What to do when a connection can't be accepted. Pure.
struct AcceptBackoff: Sendable {
    static let shortest = TimeAmount.milliseconds(100)
    private static let pauses = Backoff(0.1...1)
    /// After so long without a failure it begins anew.
    private static let peace = TimeAmount.seconds(2)
    /// Between two lines of the log.
    static let silence = TimeAmount.seconds(60)

    private var failures = 0
    private var lastFailure: NIODeadline?
    private var lastLine: NIODeadline?

    /// - Returns: how long to accept nothing, and whether to say so.
    mutating func failed(now: NIODeadline) -> (pause: TimeAmount, isTold: Bool) {
        if let lastFailure, now - lastFailure < Self.peace { failures = min(failures + 1, 64) } else { failures = 1 }
        lastFailure = now
        let isTold = lastLine.map { now - $0 >= Self.silence } ?? true
        if isTold { lastLine = now }
        let pause = Int64(clamping: (Self.pauses.pause(afterFailures: failures) * 1000).rounded())
        return (.milliseconds(pause), isTold)
    }
}

/// Pauses accepting when accepting fails, as it does for want of descriptors.
///
/// NIO's own handler only holds back further reads, but the read that failed stays registered: the socket is still
/// readable, and the loop would try again without an end. So reading is switched off at the socket.
final class AcceptPause: ChannelDuplexHandler {
    typealias InboundIn = Channel
    typealias OutboundIn = Never

    private let logger: Logger
    private let makeRoom: @Sendable () -> Bool
    private var backoff = AcceptBackoff()
    private var isPausing = false

    /// - Parameter makeRoom: closes connections that are worth little; false where there are none.
    init(logger: Logger, makeRoom: @escaping @Sendable () -> Bool) {
        self.logger = logger
        self.makeRoom = makeRoom
    }

    func read(context: ChannelHandlerContext) {
        if !isPausing { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        // They hung up before they were accepted; the next one may be another case.
        if error.errnoCode == ECONNABORTED { return }
        let (pause, isTold) = backoff.failed(now: .now())
        if isTold {
            logger.error(
                """
                connections cannot be accepted: \(String(cString: strerror(error.errnoCode))); \
                idle ones are closed for them; raise the limit of open files (ulimit -n)
                """)
        }
        let wait = makeRoom() ? AcceptBackoff.shortest : pause
        guard !isPausing, let options = context.channel.syncOptions else { return }
        isPausing = true
        try? options.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
            isPausing = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
