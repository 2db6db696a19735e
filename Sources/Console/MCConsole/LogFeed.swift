import ConsoleCore
import FleetClient
import FleetModel

/// The log of one workload, as long as it is shown; goes on where it was when the way there breaks.
struct LogFeed: Sendable {
    /// Of those that are there already.
    private static let lines = 200

    var number: Int
    var id: WorkloadID
    var link: CentralLink
    var post: @Sendable (Message) -> Void
    /// Returns when what was posted is not too much for the one who takes it.
    var room: @Sendable () async throws -> Void

    /// Until it is cancelled.
    func run() async {
        var last: String?
        var reconnection = Reconnection()
        while !Task.isCancelled {
            let begin = ContinuousClock.now
            var reason = "the log has ended"
            do {
                try await room()
                let stream = try await link.streams().followLogs(
                    of: id.workload, on: id.client, lines: Self.lines, after: last)
                post(.log(.opened(number: number)))
                for try await event in stream {
                    last = event.id ?? last
                    post(.log(.lines(number: number, [event.data])))
                    try await room()
                }
            } catch {
                if Task.isCancelled { return }
                reason = CentralLink.reason(error)
            }
            post(.log(.ended(number: number, reason)))
            let lasted = begin.duration(to: .now) / .seconds(1)
            let pause = reconnection.pause(lasted: lasted, chance: Double.random(in: 0..<1))
            try? await Task.sleep(for: .seconds(clamping: pause))
        }
    }
}
