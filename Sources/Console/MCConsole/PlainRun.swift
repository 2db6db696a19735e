import ConsoleCore
import FleetModel
import Glibc
import Synchronization
import Terminal

/// `--plain`: lines on standard output until somebody ends it.
struct PlainRun {
    /// Until nobody reads any more, or the central refuses.
    static func run(_ startup: Startup, log: RunLog) async -> Int32 {
        // Where the reader is slow, the oldest lines go: there is no end to what may come.
        let (parts, continuation) = AsyncStream<(lines: [String], isEnd: Bool)>.makeStream(
            bufferingPolicy: .bufferingNewest(10_000))
        let link = CentralLink(startup.choice)
        let report = Mutex(PlainReport(server: startup.choice.identity.server))
        @Sendable func handle(_ message: Message) {
            var isEnd = false
            if case .link(.refused) = message { isEnd = true }
            let lines = report.withLock { $0.lines(for: message, now: ConsoleLoop.wallClock) }
            if isEnd || !lines.isEmpty { continuation.yield((lines, isEnd)) }
        }
        let feed = Task { await EventFeed(link: link, post: handle, log: log).run() }
        var status: Int32 = 0
        reading: for await (lines, isEnd) in parts {
            for line in lines where !written(line + "\n") { break reading }
            if isEnd {
                status = 1
                break
            }
        }
        feed.cancel()
        await link.close()
        return status
    }

    /// False where nobody reads any more.
    private static func written(_ line: String) -> Bool {
        var line = line
        return line.withUTF8 { write(STDOUT_FILENO, $0.baseAddress, $0.count) == $0.count }
    }
}
