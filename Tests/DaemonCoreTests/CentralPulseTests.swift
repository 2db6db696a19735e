import FleetModel
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import DaemonCore

@Suite("A central that hangs", .timeLimit(.minutes(1)))
struct CentralPulseTests {
    @Test(
        "three silences on end are one too many; a sign of life between them, a sleep of the host or a debugger is not")
    func silences() {
        func hangs(_ answers: [(isAlive: Bool, took: Double, isExcused: Bool)]) -> [Bool] {
            var pulse = CentralPulse()
            var now = 100.0
            return answers.map { answer in
                now += CentralPulse.interval
                pulse.asks(now: now)
                now += answer.took
                return pulse.heard(isAlive: answer.isAlive, isExcused: answer.isExcused, now: now)
            }
        }
        let (silent, alive) = ((false, 15.0, false), (true, 14.0, false))
        #expect(hangs([silent, silent, silent]) == [false, false, true])
        #expect(hangs([silent, silent, alive, silent, silent, silent]) == [false, false, false, false, false, true])
        #expect(hangs([silent, silent, (false, 3600, false), silent, silent, silent]).firstIndex(of: true) == 5)
        #expect(hangs([silent, silent, (false, 15, true), silent, silent]).allSatisfy { !$0 })
    }

    @Test("it is killed, which is told of, and begun again like one that crashed")
    func killed() async throws {
        try await WatchBench.with { bench in
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            _ = try await bench.until { $0.status == .running }
            try await bench.ask()
            bench.answers(false, after: CentralPulse.limit)
            try await bench.ask()
            try await bench.ask()
            #expect(bench.stops == 0)
            try await bench.ask()
            let state = try await bench.until { $0.status == .backoff }
            #expect(bench.lastSignal == SIGKILL)
            #expect(state.lastError == "did not answer any more and was killed")
            bench.answers(true)
            bench.pass(2)
            _ = try await bench.until { $0.status == .running }
            #expect(bench.launched.count == 2)
            for _ in 0..<4 { try await bench.ask() }
            #expect(bench.stops == 1)
        }
    }

    @Test("one that is found is asked too")
    func found() async throws {
        try await WatchBench.with { bench in
            try bench.leave(identity: bench.identity)
            bench.whenLaunched { $0.isUp($1) }
            try await bench.begin()
            bench.answers(false, after: CentralPulse.limit)
            for _ in 0..<3 { try await bench.ask() }
            _ = try await bench.until { $0.status == .backoff }
        }
    }

    enum Other: CaseIterable, Sendable { case nonsense, hangsUp, nobody, silent }

    @Test("whatever comes back is a sign of life, a refusal too; only silence is none", arguments: Other.allCases)
    func signs(_ other: Other) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                switch other {
                case .nonsense: channel.pipeline.addHandler(Babbler())
                case .hangsUp: channel.close()
                case .nobody, .silent: channel.eventLoop.makeSucceededVoidFuture()
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        if other == .nobody { try await server.close().get() }
        let isAlive = await CentralQuestion.isAnswered(
            host: "127.0.0.1", port: port, limit: other == .silent ? 0.2 : 15)
        #expect(isAlive == (other != .silent))
        if other != .nobody { try await server.close().get() }
    }
}

/// Says one byte to whoever comes.
private final class Babbler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "\0")), promise: nil)
    }
}
