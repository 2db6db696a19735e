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
    private enum Signal { case time, change }

    private static let goodbyeLimit = Duration.seconds(2)

    let sender: any HeartbeatSender
    /// The whole of the client's state; what is measured is measured anew for the report that is due anyway.
    let compose: @Sendable (_ sequence: Int64, _ isMeasured: Bool) async -> Heartbeat
    let changes: AsyncStream<Void>
    let alarm: any Alarm
    let time: any TimeSource
    let interval: Double
    let chance: @Sendable () -> Double
    /// False where the daemon goes down only to come back at once.
    let saysGoodbye: @Sendable () async -> Bool
    let logger: Logger

    package init(
        sender: any HeartbeatSender, compose: @escaping @Sendable (Int64, Bool) async -> Heartbeat,
        changes: AsyncStream<Void>, alarm: any Alarm, time: any TimeSource, interval: Double,
        chance: @escaping @Sendable () -> Double, saysGoodbye: @escaping @Sendable () async -> Bool, logger: Logger
    ) {
        self.sender = sender
        self.compose = compose
        self.changes = changes
        self.alarm = alarm
        self.time = time
        self.interval = interval
        self.chance = chance
        self.saysGoodbye = saysGoodbye
        self.logger = logger
    }

    package func run() async {
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(2))
        let sequence = await withTaskGroup(of: Void.self, returning: Int64.self) { group in
            group.addTask { for await _ in alarm.rings { continuation.yield(.time) } }
            group.addTask { for await _ in changes { continuation.yield(.change) } }
            group.addTask {
                try? await gracefulShutdown()
                continuation.finish()
            }
            alarm.set(after: 0)
            let sequence = await report(on: signals)
            group.cancelAll()
            return sequence
        }
        guard await saysGoodbye() else { return }
        var goodbye = await compose(sequence, false)
        goodbye.goodbye = true
        // Nobody waits long for that: without it the client is offline a little later.
        await withTaskGroup(of: Void.self) { [goodbye] group in
            group.addTask { try? await sender.send(goodbye) }
            group.addTask { try? await Task.sleep(for: Self.goodbyeLimit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// - Returns: the sequence number of the next report.
    private func report(on signals: AsyncStream<Signal>) async -> Int64 {
        var sequence: Int64 = 1
        var failures = 0
        var arrived = 0
        var lastReport = -Double.infinity
        for await signal in signals {
            if signal == .change {
                // The next try tells the newest state anyway.
                guard failures == 0 else { continue }
                let gap = ReportPolicy.shortestGap - (time.now().monotonic - lastReport)
                guard gap <= 0 else {
                    alarm.set(after: gap)
                    continue
                }
            }
            lastReport = time.now().monotonic
            let heartbeat = await compose(sequence, signal == .time)
            sequence += 1
            do {
                try await sender.send(heartbeat)
                if failures > 0 { logger.info("heartbeat arrived again", metadata: ["failures": "\(failures)"]) }
                failures = 0
                arrived += 1
                alarm.set(
                    after: arrived == 1
                        ? ReportPolicy.second(interval: interval, chance: chance())
                        : ReportPolicy.pause(interval: interval, chance: chance()))
            } catch {
                failures += 1
                if ReportPolicy.isWorthTelling(failures: failures) {
                    logger.warning(
                        "heartbeat failed", metadata: ["error": "\(error)", "failures": "\(failures)"])
                }
                alarm.set(after: ReportPolicy.retry(failures: failures, interval: interval, chance: chance()))
            }
        }
        return sequence
    }
}
