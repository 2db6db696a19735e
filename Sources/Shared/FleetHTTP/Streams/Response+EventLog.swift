import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// The events of a log: first a snapshot, unless the reader comes back with an id that can be gone on from.
    ///
    /// - Parameters:
    ///   - seesGuarded: the reader may read the audit.
    ///   - pause: what comes within this time of a write is written together.
    ///   - filter: of the events; the snapshot is whole.
    /// - Throws: `APIError` 503 where whoever asks has had their share of streams.
    package static func events(
        of log: EventLog, for request: Request, in context: FleetContext, seesGuarded: Bool,
        filter: EventFilter = EventFilter(), pause: Duration = .milliseconds(5),
        keepAlive: Duration = HTTPLimits.keepAlive,
        snapshot: @escaping @Sendable () async -> EventSnapshot
    ) throws -> Response {
        let resumed = request.headers[.lastEventID].flatMap { log.position(ofID: $0) }
        return try stream(of: request, in: context, contentType: "text/event-stream; charset=utf-8") { writer in
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
                    try await follow(log, from: resumed, pause: pause, snapshot) { position in
                        log.read(after: position, seesGuarded: seesGuarded, filter: filter)
                    } write: {
                        try await writer.write($0)
                    } give: {
                        let hold = log.snapshots.hold($0, for: writer.lease)
                        defer { log.snapshots.release(hold) }
                        try await writer.write($0.text)
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// What a reader left out since the last event it wanted: beyond that it is told how far it is, so that it can go on
    /// from there when it comes back.
    private static let longestSilence: UInt64 = 1024

    private static func follow(
        _ log: EventLog, from resumed: EventLog.Position?, pause: Duration,
        _ snapshot: () async -> EventSnapshot, read: (EventLog.Position) -> EventLog.Reading,
        write: (ByteBuffer) async throws -> Void, give: (EventSnapshot) async throws -> Void
    ) async throws {
        var position: EventLog.Position
        var told: EventLog.Position
        if let resumed {
            position = resumed
            told = resumed
            try await write(ByteBuffer(staticString: ": resumed\n\n"))
        } else {
            let start = await snapshot()
            position = start.position
            told = start.position
            try await give(start)
        }
        var lastWrite = ContinuousClock.now
        while !Task.isCancelled {
            switch read(position) {
            case .events(var text, let end):
                position = end
                if text.readableBytes == 0 {
                    guard end.sequence - told.sequence > longestSilence else { continue }
                    // An id alone is no event, but is remembered.
                    text.writeString("id: \(log.id(of: end))\n\n")
                }
                told = end
                try await write(text)
                lastWrite = .now
            case .lost:
                try await write(ByteBuffer(staticString: "event: resync\ndata: {}\n\n"))
                let start = await snapshot()
                position = start.position
                told = start.position
                try await give(start)
                lastWrite = .now
            case .nothingNew:
                await log.wait(beyond: position)
                if lastWrite.duration(to: .now) < pause { try await Task.sleep(for: pause) }
            }
        }
    }
}
