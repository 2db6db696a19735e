import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// The events of a log: first a snapshot, unless the reader comes back with an id that can be gone on from.
    ///
    /// - Parameters:
    ///   - seesGuarded: the reader may read the audit.
    ///   - pause: what comes within this time of a write is written together.
    ///   - snapshot: a whole event, and the place in the log that it stands for.
    package static func events(
        of log: EventLog, for request: Request, seesGuarded: Bool, pause: Duration = .milliseconds(5),
        keepAlive: Duration = .seconds(15), snapshot: @escaping @Sendable () async -> (ByteBuffer, EventLog.Position)
    ) -> Response {
        let resumed = request.headers[.lastEventID].flatMap { log.position(ofID: $0) }
        return stream(of: request, contentType: "text/event-stream; charset=utf-8") { writer in
            log.readerCame()
            defer { log.readerWent() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await Task.sleep(for: keepAlive)
                        try await writer.write(ByteBuffer(staticString: ": keep-alive\n\n"))
                    }
                }
                group.addTask {
                    try await follow(log, from: resumed, seesGuarded: seesGuarded, pause: pause, snapshot) {
                        try await writer.write($0)
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private static func follow(
        _ log: EventLog, from resumed: EventLog.Position?, seesGuarded: Bool, pause: Duration,
        _ snapshot: () async -> (ByteBuffer, EventLog.Position), write: (ByteBuffer) async throws -> Void
    ) async throws {
        var position: EventLog.Position
        if let resumed {
            position = resumed
            try await write(ByteBuffer(staticString: ": resumed\n\n"))
        } else {
            let (text, start) = await snapshot()
            position = start
            try await write(text)
        }
        var lastWrite = ContinuousClock.now
        while !Task.isCancelled {
            switch log.read(after: position, seesGuarded: seesGuarded) {
            case .events(let text, let end):
                position = end
                guard text.readableBytes > 0 else { continue }
                try await write(text)
                lastWrite = .now
            case .lost:
                let (text, start) = await snapshot()
                position = start
                try await write(ByteBuffer(staticString: "event: resync\ndata: {}\n\n"))
                try await write(text)
                lastWrite = .now
            case .nothingNew:
                await log.wait(beyond: position)
                if lastWrite.duration(to: .now) < pause { try await Task.sleep(for: pause) }
            }
        }
    }
}
