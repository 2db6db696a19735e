import FleetClient
import FleetModel
import Logging
import ServiceLifecycle

/// The way of a heartbeat to who keeps the picture of the fleet.
package protocol HeartbeatSender: Sendable {
    /// - Throws: where it did not arrive, with a sentence that says why.
    func send(_ heartbeat: Heartbeat) async throws
}

/// Tells the central how this client is: at once, then at an interval, and at once when something changes.
///
/// While the central can't be reached it tries again with growing pauses, and then sends the newest state.
package struct HeartbeatReporter: Service {
    private static let goodbyeLimit = 2.0

    let sender: any HeartbeatSender
    /// The whole of the client's state; what is measured is measured anew for the report that is due anyway.
    let compose: @Sendable (_ sequence: Int64, _ isMeasured: Bool) async -> Heartbeat
    let changes: Signal
    let time: any TimeSource
    let interval: Double
    let chance: @Sendable () -> Double
    /// False where the daemon goes down only to come back at once.
    let saysGoodbye: @Sendable () async -> Bool
    let logger: Logger

    package init(
        sender: any HeartbeatSender, compose: @escaping @Sendable (Int64, Bool) async -> Heartbeat,
        changes: Signal, time: any TimeSource, interval: Double,
        chance: @escaping @Sendable () -> Double, saysGoodbye: @escaping @Sendable () async -> Bool, logger: Logger
    ) {
        self.sender = sender
        self.compose = compose
        self.changes = changes
        self.time = time
        self.interval = interval
        self.chance = chance
        self.saysGoodbye = saysGoodbye
        self.logger = logger
    }

    package func run() async {
        let sequence = await report()
        guard await saysGoodbye() else { return }
        var goodbye = await compose(sequence, false)
        goodbye.goodbye = true
        // Nobody waits long for that: without it the client is offline a little later.
        try? await withTimeLimit(seconds: Self.goodbyeLimit) { [goodbye] in try await sender.send(goodbye) }
    }

    /// - Returns: the sequence number of the next report, once the daemon goes.
    private func report() async -> Int64 {
        var sequence: Int64 = 1
        var failures = 0
        var arrived = 0
        var lastReport = -Double.infinity
        // Monotonic.
        var due = time.now().monotonic
        while let isDue = await nextReport(due: due) {
            let now = time.now().monotonic
            if !isDue {
                // The next try tells the newest state anyway.
                guard failures == 0 else { continue }
                let gap = ReportPolicy.shortestGap - (now - lastReport)
                guard gap <= 0 else {
                    due = min(due, now + gap)
                    continue
                }
            }
            lastReport = now
            let heartbeat = await compose(sequence, isDue)
            sequence += 1
            var pause: Double
            do {
                try await sender.send(heartbeat)
                if failures > 0 { logger.info("heartbeat arrived again", metadata: ["failures": "\(failures)"]) }
                failures = 0
                arrived += 1
                pause =
                    arrived == 1
                    ? ReportPolicy.second(interval: interval, chance: chance())
                    : ReportPolicy.pause(interval: interval, chance: chance())
            } catch {
                failures += 1
                if ReportPolicy.isWorthTelling(failures: failures) {
                    logger.warning(
                        "heartbeat failed", metadata: ["error": "\(error)", "failures": "\(failures)"])
                }
                pause = ReportPolicy.retry(failures: failures, interval: interval, chance: chance())
            }
            due = time.now().monotonic + pause
        }
        return sequence
    }

    /// Waits for a change or for the time of the next report.
    ///
    /// - Returns: whether the time has come; nil where the daemon goes.
    private func nextReport(due: Double) async -> Bool? {
        let wake = await cancelWhenGracefulShutdown { await changes.wait(seconds: due - time.now().monotonic) }
        return switch wake {
        case .rang: due <= time.now().monotonic
        case .timeUp: true
        case .cancelled, .finished: nil
        }
    }
}
