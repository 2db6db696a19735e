import FleetModel
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves routes at one address until it is told to stop; requests in flight are then answered first.
package struct HTTPListener: Service {
    package enum Address: Hashable, Sendable {
        /// Port 0 is any free one.
        case tcp(host: String, port: Int)
        /// A socket of mode 0600, that is made anew where somebody removes it.
        case unix(path: String)
    }

    private let routes: Routes
    private let address: Address
    private let limits: HTTPLimits
    let socketLook: Duration
    let logger: Logger
    let onListening: @Sendable (Int?) async -> Void

    /// - Parameters:
    ///   - socketLook: between two looks whether a Unix socket is still in its place.
    ///   - onListening: called once with the port that is bound, nil for a Unix socket.
    package init(
        _ routes: Routes, at address: Address, limits: HTTPLimits = HTTPLimits(),
        socketLook: Duration = .seconds(5), logger: Logger,
        onListening: @escaping @Sendable (Int?) async -> Void = { _ in }
    ) {
        self.routes = routes
        self.address = address
        self.limits = limits
        self.socketLook = socketLook
        self.logger = logger
        self.onListening = onListening
    }

    /// - Throws: `ListenError` where the address can't be bound.
    package func run() async throws {
        switch address {
        case .tcp(let host, let port):
            try await serve(.hostname(host, port: port)) { channel in
                let bound = channel.localAddress?.port ?? port
                logger.info("listening", metadata: ["address": "\(host):\(bound)"])
                await onListening(bound)
            }
        case .unix(let path): try await serveSocket(at: path)
        }
    }

    func serve(_ address: BindAddress, whenRunning: @escaping @Sendable (any Channel) async -> Void)
        async throws
    {
        let responder = routes.responder()
        let proxies = routes.proxies
        let clock = HTTPDate()
        let limits = limits
        let logger = logger
        // One thread is plenty for what a board or a control host serves.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let executor = LoopExecutor(loop)
        let connections = Connections(limits: limits, logger: logger)
        let answers = AnswersUnderWay()
        let guarded = GuardedChannel(limits: limits, connections: connections) { request, writer, channel, connection in
            var context = FleetContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            context.connection = connection
            context.forwarded = proxies.forwarded(request.headers, from: IPAddress(channel.remoteAddress))
            let asked = context
            let request = asked.forwarded?.applied(to: request) ?? request
            var response = try await answers.make(on: executor) {
                try await responder.respond(to: request, context: asked)
            }
            response.headers[.date] = clock.text
            let answerable = response.withinBudget(for: connection.holder)
            try await writer.write(response: answerable.head, body: answerable.body)
        }
        // Hummingbird reports each start in its own words; ours come with `whenRunning`.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let ending = ServerEnding()
        let server = Server(
            childChannelSetup: guarded,
            configuration: ServerConfiguration(
                address: address, backlog: 1024),
            onServerRunning: { channel in
                let logger = logger
                let pausing = channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptPause(logger: logger, makeRoom: { connections.shed() }), position: .first)
                }
                do { try await pausing.get() } catch { logger.debug("the listener is closing: \(error)") }
                await whenRunning(channel)
                ending.isRunning()
            }, eventLoopGroup: loop, logger: quiet)
        do {
            try await ending.run(server, on: executor, closing: connections, after: limits.endingTime, answers)
        } catch let error where error is IOError || error is SocketAddressError {
            throw ListenError("cannot listen on \(self.address): \(error)")
        }
    }
}

extension HTTPListener.Address: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "'\(path)'"
        }
    }
}

/// Why an address can't be listened on, as a sentence.
package struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
