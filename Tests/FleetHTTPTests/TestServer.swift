import FleetHTTP
import FleetModel
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Runs a listener for the time of the closure, and stops it as the program does.
func withListener<Value: Sendable>(
    _ routes: Routes, at address: HTTPListener.Address = .tcp(host: "127.0.0.1", port: 0),
    limits: HTTPLimits = HTTPLimits(), socketLook: Duration = .seconds(5), logger: Logger = quietLogger,
    _ body: @Sendable @escaping (Int) async throws -> Value
) async throws -> Value {
    let (ports, source) = AsyncStream<Int>.makeStream()
    let listener = HTTPListener(routes, at: address, limits: limits, socketLook: socketLook, logger: logger) {
        port in
        source.yield(port ?? 0)
    }
    let group = ServiceGroup(services: [listener], logger: quietLogger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { source.finish() }
            try await group.run()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await tasks.waitForAll()
            throw ListenError("the listener ended")
        }
        let result = await Result { () async throws -> Value in try await body(port) }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return try result.get()
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Routes that everyone may call.
func openRoutes() -> Routes { Routes { _, _, _ in .anonymous } }

/// A connection whose bytes the test writes itself.
enum RawConnection {
    static func open<Value: Sendable>(
        port: Int, from source: String = "127.0.0.1",
        _ body: @Sendable @escaping (inout RawConversation) async throws -> Value
    ) async throws -> Value {
        try await converse(
            ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(to: try SocketAddress(ipAddress: source, port: 0))
                .connect(host: "127.0.0.1", port: port) { wrap($0) }, body)
    }

    static func open<Value: Sendable>(
        path: String, _ body: @Sendable @escaping (inout RawConversation) async throws -> Value
    ) async throws -> Value {
        try await converse(
            ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { wrap($0) }, body)
    }

    private static func wrap(_ channel: any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> {
        channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
    }

    private static func converse<Value: Sendable>(
        _ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
        _ body: @Sendable @escaping (inout RawConversation) async throws -> Value
    ) async throws -> Value {
        try await channel.executeThenClose { inbound, outbound in
            var conversation = RawConversation(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&conversation)
        }
    }
}

struct RawConversation {
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    var outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var read = ""

    init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    mutating func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// All that comes until the other side closes; a reset counts as an end.
    mutating func untilClosed() async throws -> String {
        do {
            while let part = try await inbound.next() { read += String(buffer: part) }
        } catch is IOError {}
        return read
    }

    /// All that came until the text did.
    mutating func until(_ text: String) async throws -> String {
        while !read.contains(text) { try await more() }
        return read
    }

    mutating func more() async throws {
        guard let part = try await inbound.next() else { throw EarlyEnd(read: read) }
        read += String(buffer: part)
    }

    struct EarlyEnd: Error { var read: String }
}

/// A folder of the test's own.
func temporaryFolder() throws -> String {
    var template = Array("/tmp/fleet-http-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ListenError("no temporary folder") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
