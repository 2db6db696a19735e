import FoundationEssentials
import Glibc
import ServiceLifecycle

/// Shows on the daemon's terminal what another process of the daemon's writes to its log.
struct LogMirror: Service {
    private static let pause = Duration.milliseconds(100)

    let files: LogFiles
    /// Takes a readable line.
    let terminal: @Sendable (String) -> Void

    func run() async {
        await cancelWhenGracefulShutdown {
            let follower = LogFollower(files: files, from: end)
            while !Task.isCancelled {
                show(follower)
                try? await Task.sleep(for: Self.pause)
            }
            show(follower)
        }
    }

    private func show(_ follower: LogFollower) {
        for line in follower.read() { terminal(DaemonLogHandler.readable(json: line.text)) }
    }

    /// What was there before is not news.
    private var end: Int64 {
        guard let present = files.openPresent() else { return files.base }
        defer { close(present.descriptor) }
        return present.end
    }
}
