import FleetHTTP

/// A followed log as events, one a line; the id is where a reader that has the line goes on.
struct LogEvents: AsyncSequence, Sendable {
    typealias Element = [ServerSentEvent]

    /// Between two looks at the file while nothing comes.
    private static let pause = Duration.milliseconds(100)
    let files: LogFiles
    let offset: Int64

    init(files: LogFiles, from offset: Int64) {
        self.files = files
        self.offset = offset
    }

    func makeAsyncIterator() -> Iterator { Iterator(follower: LogFollower(files: files, from: offset)) }

    struct Iterator: AsyncIteratorProtocol {
        let follower: LogFollower

        init(follower: LogFollower) { self.follower = follower }

        mutating func next() async throws -> [ServerSentEvent]? {
            while true {
                try Task.checkCancellation()
                let lines = await DiskExecutor.run { follower.read() }
                if !lines.isEmpty { return lines.map { ServerSentEvent(id: String($0.next), data: $0.text) } }
                try await Task.sleep(for: LogEvents.pause)
            }
        }
    }
}
