import FleetModel
import Hummingbird
import NIOCore
import NIOPosix
import Testing

@testable import FleetHTTP

/// With real sockets: a loopback interface has addresses enough for many outsiders.
@Suite("Shares, of real connections", .timeLimit(.minutes(2)))
struct ShareWiringTests {
    static let token = "a-token-that-is-long-enough"

    /// - Parameter held: told of each body of `/api/held` that is there, which it goes on with when that returns.
    static func routes(
        _ log: EventLog = EventLog(), snapshot: Int = 10, bodies: ByteBudget = .bodies,
        held: @escaping @Sendable () async -> Void = {}
    ) -> Routes {
        // Their clock stands still: nothing is forgiven in the time that a test takes.
        var routes = Routes(
            policy: AccessPolicy(grants: [TokenGrant(apiToken: token)], anonymous: .status),
            wrongTokens: WrongTokens(now: { 100 }))
        routes.on(Endpoint(.get, "/api/health"), needs: .open) { _, _ in try .json(["status": "ok"]) }
        routes.on(Endpoint(.get, "/api/long"), needs: .status) { _, _ in
            .json(ByteBuffer(repeating: UInt8(ascii: "1"), count: 10 << 20))
        }
        routes.on(Endpoint(.post, "/api/body"), needs: .operate) { request, _ in
            try await request.withWholeBody(budget: bodies) { try .json(["bytes": $0.readableBytes]) }
        }
        routes.on(Endpoint(.post, "/api/held"), needs: .operate) { request, _ in
            try await request.withWholeBody(budget: bodies) { body in
                await held()
                return try .json(["bytes": body.readableBytes])
            }
        }
        routes.on(Endpoint(.get, "/api/events"), needs: .status) { request, context in
            try .events(of: log, for: request, in: context, seesGuarded: true) {
                EventSnapshot(ByteBuffer(repeating: UInt8(ascii: "1"), count: snapshot), at: log.position)
            }
        }
        return routes
    }

    static func head(_ path: String, token: String? = nil, keepsOpen: Bool = false, method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: a\r\n" + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "")
            + (keepsOpen ? "" : "Connection: close\r\n")
    }

    /// Connections that say one thing and then nothing, and take nothing of what they are sent.
    static func idle(_ count: Int, port: Int, from source: String, saying text: String = "") async throws
        -> [any Channel]
    {
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: text.isEmpty)
                .bind(to: try SocketAddress(ipAddress: source, port: 0)).connect(host: "127.0.0.1", port: port).get()
            if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }
            channels.append(channel)
        }
        return channels
    }

    static func close(_ channels: [any Channel]) async {
        for channel in channels { try? await channel.close().get() }
    }

    static func ask(_ text: String, port: Int, from source: String = "127.0.0.1") async throws -> String {
        try await RawConnection.open(port: port, from: source) { connection in
            try await connection.send(text + "\r\n")
            return try await connection.untilClosed()
        }
    }

    static func limits() -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = 64
        limits.connectionsOfOutsiders = 32
        limits.connectionsOfAddress = 16
        limits.streams = 12
        limits.streamsOfOutsiders = 8
        limits.streamsOfOne = 6
        return limits
    }

    @Test("idle connections without an end, of one address or of many, keep nobody out", arguments: [1, 20])
    func idleConnections(addresses: Int) async throws {
        try await withListener(Self.routes(), limits: Self.limits()) { port in
            try await RawConnection.open(port: port) { insider in
                try await insider.send(Self.head("/api/health", token: Self.token, keepsOpen: true) + "\r\n")
                _ = try await insider.until(#"{"status":"ok"}"#)
                var held: [any Channel] = []
                for number in 0..<addresses {
                    held += try await Self.idle(200 / addresses, port: port, from: "127.0.1.\(1 + number)")
                }
                for source in ["127.0.0.1", "127.0.1.1", "127.0.2.1"] {
                    let answer = try await Self.ask(Self.head("/api/health"), port: port, from: source)
                    #expect(answer.hasPrefix("HTTP/1.1 200 "), "from \(source)")
                }
                // The one that had shown its token is still there.
                try await insider.send(Self.head("/api/health", token: Self.token) + "\r\n")
                #expect(try await insider.untilClosed().ranges(of: "200 OK").count == 2)
                #expect(held.count { $0.isActive } <= 32)
                await Self.close(held)
            }
        }
    }

    @Test("where all connections are insiders' and idle, the idlest makes room")
    func idleInsiders() async throws {
        var limits = Self.limits()
        limits.connections = 8
        try await withListener(Self.routes(), limits: limits) { port in
            let says = Self.head("/api/health", token: Self.token, keepsOpen: true) + "\r\n"
            let held = try await Self.idle(8, port: port, from: "127.0.0.1", saying: says)
            let answer = try await Self.ask(Self.head("/api/health"), port: port)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            await Self.close(held)
        }
    }

    @Test("readers without a token use up their own share, and those with one have room")
    func readers() async throws {
        try await withListener(Self.routes(), limits: Self.limits()) { port in
            let says = Self.head("/api/events", keepsOpen: true) + "\r\n"
            var held = try await Self.idle(6, port: port, from: "127.0.0.1", saying: says)
            let own = try await Self.ask(Self.head("/api/events"), port: port)
            #expect(own.hasPrefix("HTTP/1.1 503 ") && own.lowercased().contains("retry-after"))
            #expect(own.contains("you have 6 streams open already"))
            held += try await Self.idle(2, port: port, from: "127.0.0.2", saying: says)
            let other = try await Self.ask(Self.head("/api/events"), port: port, from: "127.0.0.3")
            #expect(other.contains("there are 8 streams without a token already"))
            let insider = Self.head("/api/events", token: Self.token, keepsOpen: true) + "\r\n"
            try await RawConnection.open(port: port) { connection in
                try await connection.send(insider)
                #expect(try await connection.until("111").hasPrefix("HTTP/1.1 200 "))
            }
            // Whoever goes leaves their place.
            await Self.close([held.removeFirst()])
            while true {
                let answer = try await RawConnection.open(port: port, from: "127.0.0.3") { connection in
                    try await connection.send(says)
                    return try await connection.until("\r\n\r\n")
                }
                if answer.hasPrefix("HTTP/1.1 200 ") { break }
            }
            await Self.close(held)
        }
    }

    @Test("readers that take nothing hold old snapshots within the budget: they are closed, the newest reader is not")
    func snapshots() async throws {
        var eventLimits = EventLog.Limits()
        eventLimits.snapshots = 8 << 20
        let log = EventLog(epoch: "e", limits: eventLimits)
        let routes = Self.routes(log, snapshot: 4 << 20)
        var limits = HTTPLimits()
        limits.streamsOfOne = 100
        try await withListener(routes, limits: limits) { port in
            let says = Self.head("/api/events", keepsOpen: true) + "\r\n"
            let held = try await Self.idle(40, port: port, from: "127.0.0.1", saying: says)
            let answer = try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.head("/api/events", token: Self.token, keepsOpen: true) + "\r\n")
                return try await connection.untilBytes(4 << 20)
            }
            #expect(answer >= 4 << 20)
            #expect(log.snapshots.bytes <= (8 + 4 + 4) << 20)
            await Self.close(held)
        }
    }

    @Test("long answers that nobody takes are given within the budget, half of it to outsiders")
    func answers() async throws {
        try await withListener(Self.routes()) { port in
            let says = Self.head("/api/long", keepsOpen: true) + "\r\n"
            var held = try await Self.idle(1, port: port, from: "127.0.0.1", saying: says)
            for host in 2...10 {
                held += try await Self.idle(1, port: port, from: "127.0.0.\(host)", saying: says)
            }
            for host in [1, 11] {
                let refused = try await Self.ask(Self.head("/api/long"), port: port, from: "127.0.0.\(host)")
                #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("too many long answers"))
            }
            #expect(ByteBudget.answers.bytes <= 32 << 20)
            let answer = try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.head("/api/long", token: Self.token) + "\r\n")
                return try await connection.untilBytes(10 << 20)
            }
            #expect(answer >= 10 << 20)
            await Self.close(held)
        }
    }

    @Test("large bodies wait for room with 503, small ones never")
    func bodies() async throws {
        let budget = ByteBudget(300_000)
        let (isThere, there) = AsyncStream<Void>.makeStream()
        let (mayGo, go) = AsyncStream<Void>.makeStream()
        let routes = Self.routes(bodies: budget) {
            there.yield()
            for await _ in mayGo { break }
        }
        try await withListener(routes) { port in
            @Sendable func post(_ length: Int, to path: String = "/api/body") -> String {
                Self.head(path, token: Self.token, method: "POST") + "Content-Length: \(length)\r\n\r\n"
            }
            try await RawConnection.open(port: port) { first in
                let announced = try await Self.idle(5, port: port, from: "127.0.0.2", saying: post(200_000))
                #expect(budget.bytes == 0, "what is only announced takes no room")
                try await first.send(post(200_000, to: "/api/held") + String(repeating: "1", count: 200_000))
                for await _ in isThere { break }
                #expect(budget.bytes == 200_000)
                let second = try await RawConnection.open(port: port) { connection in
                    try await connection.send(post(200_000) + String(repeating: "1", count: 200_000))
                    return try await connection.untilClosed()
                }
                await Self.close(announced)
                #expect(second.hasPrefix("HTTP/1.1 503 ") && second.lowercased().contains("retry-after"))
                let small = try await RawConnection.open(port: port) { connection in
                    try await connection.send(post(60_000) + String(repeating: "1", count: 60_000))
                    return try await connection.untilClosed()
                }
                #expect(small.contains(#"{"bytes":60000}"#))
                go.finish()
                #expect(try await first.untilClosed().contains(#"{"bytes":200000}"#))
            }
        }
        // The listener ends when all that it answered is done with.
        #expect(budget.bytes == 0)
    }

    @Test("wrong tokens of one address get 429 after a while; a right one from there, and others, never do")
    func wrongTokens() async throws {
        try await withListener(Self.routes()) { port in
            func ask(_ token: String, from source: String = "127.0.0.1") async throws -> String {
                try await Self.ask(Self.head("/api/events", token: token), port: port, from: source)
            }
            for number in 0..<30 { #expect(try await ask("wrong-\(number)").hasPrefix("HTTP/1.1 401 ")) }
            let refused = try await ask("wrong")
            #expect(refused.hasPrefix("HTTP/1.1 429 ") && refused.lowercased().contains("retry-after: "))
            #expect(refused.lowercased().contains("connection: close"))
            #expect(try await ask("wrong", from: "127.0.0.2").hasPrefix("HTTP/1.1 401 "))
            let right = Self.head("/api/body", token: Self.token, method: "POST") + "Content-Length: 0\r\n"
            #expect(try await Self.ask(right, port: port).hasPrefix("HTTP/1.1 200 "))
            #expect(try await Self.ask(Self.head("/api/health"), port: port).hasPrefix("HTTP/1.1 200 "))
        }
    }
}

extension RawConversation {
    /// How many bytes came, once they are as many as that or the connection has ended.
    mutating func untilBytes(_ count: Int) async throws -> Int {
        var bytes = 0
        while bytes < count, let part = try await inbound.next() { bytes += part.readableBytes }
        return bytes
    }
}
