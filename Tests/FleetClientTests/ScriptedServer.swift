import FleetClient
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A server that sees requests as they come over the wire, and answers with the bytes it is told to.
final class ScriptedServer: Sendable {
    enum Reply: Sendable {
        /// These bytes; then the connection is closed.
        case bytes(String)
        /// None, on a connection that stays open.
        case silence
        /// These bytes, on a connection that stays open.
        case beginning(String)

        static func json(_ body: String, status: String = "200 OK") -> Reply {
            .bytes(
                "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
                    + "Connection: close\r\n\r\n\(body)")
        }

        static func events(_ text: String) -> Reply {
            .bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\(text)")
        }

        /// Promises another part that never comes.
        static func brokenEvents(_ text: String) -> Reply {
            .bytes(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\nff\r\n")
        }
    }

    enum Place: String, CaseIterable, Sendable { case socket, port }

    let address: ServerAddress
    private let channel: any Channel
    private let seen: Seen

    /// The heads of all requests, as they came.
    var requests: [String] { seen.heads.withLock { $0 } }

    private final class Seen: Sendable {
        let heads = Mutex<[String]>([])
    }

    private init(address: ServerAddress, channel: any Channel, seen: Seen) {
        self.address = address
        self.channel = channel
        self.seen = seen
    }

    /// Runs the body with a server that answers the nth request with the nth reply, and all later ones with the last.
    static func serving<Value>(
        _ replies: Reply..., on place: Place = .port, _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let seen = Seen()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptHandler { head in
                            seen.heads.withLock { heads in
                                heads.append(head)
                                return replies[min(heads.count, replies.count) - 1]
                            }
                        })
                }
            }
        return try await withFolder { folder in
            let server: ScriptedServer
            switch place {
            case .socket:
                let path = folder + "/s"
                let channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
                server = ScriptedServer(address: .socket(path: path), channel: channel, seen: seen)
            case .port:
                let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
                let port = try #require(channel.localAddress?.port)
                server = ScriptedServer(address: .url("http://127.0.0.1:\(port)"), channel: channel, seen: seen)
            }
            do {
                let value = try await body(server)
                try await server.channel.close()
                return value
            } catch {
                try? await server.channel.close()
                throw error
            }
        }
    }
}

/// Gathers the head of one request and answers it.
private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reply: (String) -> ScriptedServer.Reply
    private var text = ""

    init(reply: @escaping (String) -> ScriptedServer.Reply) { self.reply = reply }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard let end = text.range(of: "\r\n\r\n") else { return }
        let head = String(text[..<end.lowerBound])
        text = ""
        switch reply(head) {
        case .silence: break
        case .beginning(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .bytes(let bytes):
            context.write(wrapOutboundOut(ByteBuffer(string: bytes)), promise: nil)
            context.flush()
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// A folder of the test's own, with a path short enough for sockets.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = "/tmp/mctl-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}
