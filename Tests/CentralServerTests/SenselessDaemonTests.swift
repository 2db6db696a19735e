import FleetModel
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import CentralServer

/// What stands where a daemon should be may say what it likes: it is an error of that request, and the central goes on.
@Suite("Daemons that make no sense", .timeLimit(.minutes(2)))
struct SenselessDaemonTests {
    private final class Saying: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let bytes: String
        init(_ bytes: String) { self.bytes = bytes }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: bytes)), promise: nil)
            context.close(promise: nil)
        }
    }

    @Test("a refusal of a followed log that does not end is not kept")
    func longRefusal() async throws {
        let bytes = "HTTP/1.1 500 X\r\nContent-Length: 15000000\r\n\r\n" + String(repeating: " ", count: 200_000)
        let channel = try await Self.server(saying: bytes)
        let port = try #require(channel.localAddress?.port)
        try await TestCentral.run(settings: .guarded, inventory: ForwardingTests.inventory(port: port)) {
            central async throws in
            let answer = try await central.ask(.GET, "/api/fleet/clients/a/workloads/w/logs?follow=true")
            #expect(answer.status == 502)
            #expect(answer.detail == "client 'a' gave an answer that is too long; ask for fewer lines")
        }
        try await channel.close()
    }

    private static func server(saying bytes: String) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Saying(bytes)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    @Test(
        "its answer is a 502 that says so, for questions, actions and followed logs",
        arguments: [
            "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 999 X\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 600 X\r\nContent-Length: 2\r\n\r\n{}",
            "SSH-2.0-x\r\n", "HTTP/1.1 407 X\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 404 X\r\nContent-Length: 9\r\n\r\n{}",
            "HTTP/1.1 404 X\r\nContent-Length: 3\r\n\r\n<b>",
        ])
    func refused(bytes: String) async throws {
        let channel = try await Self.server(saying: bytes)
        let port = try #require(channel.localAddress?.port)
        try await TestCentral.run(settings: .guarded, inventory: ForwardingTests.inventory(port: port)) {
            central async throws in
            for path in ["detail", "logs", "logs?follow=true"] {
                let answer = try await central.ask(.GET, "/api/fleet/clients/a/workloads/w/\(path)")
                #expect(answer.status == 502, "\(answer.text)")
                #expect(answer.detail?.contains("client 'a'") == true)
            }
            #expect(try await central.ask(.POST, "/api/fleet/clients/a/workloads/w/start").status == 502)
            #expect(try await central.ask(.GET, "/api/health").status == 200)
        }
        try await channel.close()
    }
}
