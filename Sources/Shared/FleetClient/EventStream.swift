import AsyncHTTPClient
import NIOCore

/// Server-sent events as they come. Ends when the server ends it.
package struct EventStream: AsyncSequence, Sendable {
    package typealias Element = StreamEvent

    let body: HTTPClientResponse.Body
    let connection: APIConnection

    package func makeAsyncIterator() -> Iterator {
        Iterator(bytes: body.makeAsyncIterator(), connection: connection)
    }

    package struct Iterator: AsyncIteratorProtocol {
        private var bytes: HTTPClientResponse.Body.AsyncIterator
        private let connection: APIConnection
        private var parser = EventStreamParser()
        private var ready: [StreamEvent] = []
        private var next = 0

        init(bytes: HTTPClientResponse.Body.AsyncIterator, connection: APIConnection) {
            self.bytes = bytes
            self.connection = connection
        }

        /// - Throws: `FleetClientError` where the connection breaks, `CancellationError` where the reader was cancelled.
        package mutating func next() async throws -> StreamEvent? {
            while next >= ready.count {
                do {
                    guard let part = try await bytes.next() else { return nil }
                    ready = try parser.read(part.readableBytesView)
                    next = 0
                } catch let error as CancellationError {
                    throw error
                } catch {
                    throw connection.translated(error, timeout: TimeLimits.silence)
                }
            }
            defer { next += 1 }
            return ready[next]
        }
    }
}
