import AsyncHTTPClient
import CentralServer
import FleetClient
import FleetConfig
import FleetHTTP
import FleetModel
import FoundationEssentials
import Glibc
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let seconds = Mutex(0.0)
    func advance(_ by: Double) { seconds.withLock { $0 += by } }
    var now: CentralMoment {
        let seconds = seconds.withLock { $0 }
        return CentralMoment(wall: Timestamp(seconds: 1_800_000_000 + seconds), monotonic: 1000 + seconds)
    }
}

/// A central that runs, as a test sees it.
struct TestCentral: Sendable {
    var port: Int
    var clock: TestClock
    var state: FleetState

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String

        func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }
        var detail: String? { (try? json(ErrorAnswer.self))?.detail }
    }

    /// Runs a central for the time of the closure.
    static func run<Value: Sendable>(
        settings: CentralSettings = CentralSettings(), inventory: Inventory = Inventory(),
        store: any FleetStore = MemoryFleetStore(), deployments: any DeploymentStore = MemoryDeploymentStore(),
        bootID: String = "", names: HostNames = .shared, limits: TimeLimits = TimeLimits(),
        _ body: @Sendable @escaping (TestCentral) async throws -> Value
    ) async throws -> Value {
        var settings = settings
        settings.host = "127.0.0.1"
        settings.port = 0
        let http = HTTPClient.fleet()
        let clock = TestClock()
        let (ports, source) = AsyncStream<Int>.makeStream()
        let central = try buildCentral(
            settings: settings, inventory: inventory, store: store, deployments: deployments, bootID: bootID,
            http: http, names: names, limits: limits,
            now: { clock.now }, logger: quietLogger,
            onListening: { source.yield($0) })
        let result = try await serving(central.services, ports, source) { port in
            try await body(TestCentral(port: port, clock: clock, state: central.state))
        }
        try await http.shutdown()
        return try result.get()
    }

    func ask(
        _ method: HTTPMethod, _ path: String, token: String? = "all", body: String? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        try await request(method, "http://127.0.0.1:\(port)\(path)", token: token, body: body, headers: headers)
    }

    /// Sends the text as it is; all that comes until the central closes the connection.
    func raw(_ text: String) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }

    func report(_ name: String, token: String? = "all", change: (inout Heartbeat) -> Void = { _ in }) async throws
        -> Answer
    {
        var heartbeat = Heartbeat(clientName: name, timestamp: clock.now.wall, workloads: [])
        change(&heartbeat)
        let text = String(decoding: try JSONEncoder().encode(heartbeat), as: UTF8.self)
        return try await ask(.POST, "/api/heartbeat", token: token, body: text)
    }
}

/// A daemon that is none: it answers what it is told to.
enum FakeDaemon {
    static func run<Value: Sendable>(
        _ routes: Routes, _ body: @Sendable @escaping (Int) async throws -> Value
    ) async throws -> Value {
        let (ports, source) = AsyncStream<Int>.makeStream()
        var limits = HTTPLimits()
        // What it has not answered then, it never would.
        limits.endingTime = .zero
        let listener = HTTPListener(
            routes, at: .tcp(host: "127.0.0.1", port: 0), limits: limits, logger: quietLogger
        ) {
            source.yield($0 ?? 0)
        }
        return try await serving([listener], ports, source, body).get()
    }
}

private func serving<Value: Sendable>(
    _ services: [any Service], _ ports: AsyncStream<Int>, _ source: AsyncStream<Int>.Continuation,
    _ body: @Sendable @escaping (Int) async throws -> Value
) async throws -> Result<Value, any Error> {
    let group = ServiceGroup(services: services, logger: quietLogger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { source.finish() }
            try await group.run()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await tasks.waitForAll()
            throw ListenError("the server ended")
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(port)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return result
    }
}

func request(
    _ method: HTTPMethod, _ url: String, token: String? = nil, body: String? = nil,
    headers: [(String, String)] = []
) async throws -> TestCentral.Answer {
    var request = HTTPClientRequest(url: url)
    request.method = method
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await noRedirects.execute(request, timeout: .seconds(30))
    let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
    return TestCentral.Answer(status: Int(response.status.code), headers: response.headers, text: text)
}

private let noRedirects: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.httpVersion = .http1Only
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
}()

func temporaryFolder() throws -> String {
    var template = Array("/tmp/central-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ListenError("no temporary folder") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func removeFolder(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

extension CentralSettings {
    /// One token for everything and four that allow less.
    static var guarded: CentralSettings {
        var settings = CentralSettings()
        settings.apiToken = "all"
        let tokens: [(String, String, TokenScope, String?)] = [
            ("reader", "r", .read, nil), ("operator", "o", .operate, nil), ("node", "h", .heartbeat, "sensor-1"),
        ]
        settings.tokens = tokens.compactMap { name, token, scope, client in
            NamedToken(name: name, token: token, scopes: [scope], client: client)
        }
        return settings
    }
}
