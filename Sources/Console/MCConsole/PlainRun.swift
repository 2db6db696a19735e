import ConsoleCore
import FleetModel
import Glibc
import Synchronization
import Terminal

/// `--plain`: lines on standard output until somebody ends it.
struct PlainRun {
    /// Until nobody reads any more, or the central refuses.
    static func run(_ startup: Startup, log: RunLog) async -> Int32 {
        let (messages, continuation) = AsyncStream<Message>.makeStream()
        let link = CentralLink(startup.choice)
        let feed = Task { await EventFeed(link: link, post: { continuation.yield($0) }, log: log).run() }
        defer { feed.cancel() }
        var report = PlainReport(server: startup.choice.identity.server)
        for await message in messages {
            for line in report.lines(for: message, now: ConsoleLoop.wallClock) {
                var line = line + "\n"
                let isWritten = line.withUTF8 { write(STDOUT_FILENO, $0.baseAddress, $0.count) == $0.count }
                // Whoever read this has gone.
                guard isWritten else { return 0 }
            }
            if case .link(.refused) = message { return 1 }
        }
        return 0
    }
}
