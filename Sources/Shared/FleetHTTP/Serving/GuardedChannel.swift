import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Hummingbird's HTTP/1 connection with our limits around it.
struct GuardedChannel: ServerChildChannel {
    typealias Responder = @Sendable (Request, consuming ResponseWriter, any Channel, Connection) async throws -> Void

    /// A channel, and what it counts for.
    struct Value: ServerChildChannelValue {
        var inner: HTTP1Channel.Value
        var connection: Connection
        var channel: any Channel { inner.channel }
    }

    private let limits: HTTPLimits
    private let connections: Connections
    private let responder: Responder

    init(limits: HTTPLimits, connections: Connections, responder: @escaping Responder) {
        self.limits = limits
        self.connections = connections
        self.responder = responder
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let guarding = NIOLoopBound(ConnectionGuard(limits: limits), eventLoop: channel.eventLoop)
        let connection = connections.opened(channel) { guarding.value.idleSince }
        guarding.value.connection = connection
        do {
            try channel.pipeline.syncOperations.addHandler(ByteWatch(for: guarding.value))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        let lingerTime = limits.lingerTime
        return inner(connection, guarding).setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(RequestGuard(lingerTime: lingerTime), position: .after(decoder))
            return Value(inner: value, connection: connection)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await inner(value.connection, nil).handle(value: value.inner, logger: logger)
    }

    private func inner(_ connection: Connection, _ guarding: NIOLoopBound<ConnectionGuard>?) -> HTTP1Channel {
        let responder = responder
        return HTTP1Channel(
            responder: { try await responder($0, $1, $2, connection) },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: guarding.map { [$0.value] } ?? [],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                    maxHeaderFieldCount: 100)))
    }
}
