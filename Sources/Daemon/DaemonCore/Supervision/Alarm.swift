import FleetModel
import NIOCore

/// One timer: each setting replaces the one before.
package protocol Alarm: Sendable {
    /// Rings once for each time that has come; rings that nobody heard yet are joined.
    var rings: AsyncStream<Void> { get }

    /// - Parameter seconds: from now; nil is never.
    func set(after seconds: Double?)
}

/// A timer of an event loop.
package final class LoopAlarm: Alarm {
    package let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let loop: any EventLoop
    private let scheduled: NIOLoopBoundBox<Scheduled<Void>?>

    package init(loop: any EventLoop) {
        self.loop = loop
        scheduled = .makeBoxSendingValue(nil, eventLoop: loop)
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package func set(after seconds: Double?) {
        loop.execute { [self] in
            scheduled.value?.cancel()
            scheduled.value = seconds.map { seconds in
                let delay = TimeAmount.microseconds(Int64(clamping: min(max(seconds, 0), 86_400) * 1e6))
                return loop.scheduleTask(in: delay) { [continuation] in _ = continuation.yield() }
            }
        }
    }
}
