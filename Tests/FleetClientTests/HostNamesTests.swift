import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import FleetClient

/// Name servers as a test wants them: what they say, and names that they do not answer for until they are let go.
private final class NameServers: Sendable {
    private struct State {
        var answers: [String: HostNames.Answer] = [:]
        var asked: [String] = []
        var seconds = 0.0
    }

    private let state = Mutex(State())
    private let hung = DispatchSemaphore(value: 0)

    init(_ answers: [String: HostNames.Answer] = [:]) { state.withLock { $0.answers = answers } }

    func set(_ name: String, _ answer: HostNames.Answer) { state.withLock { $0.answers[name] = answer } }
    func pass(_ seconds: Double) { state.withLock { $0.seconds += seconds } }
    func letGo(_ count: Int) { for _ in 0..<count { hung.signal() } }
    var asked: [String] { state.withLock { $0.asked } }

    func names(limit: Double = 60) -> HostNames {
        HostNames(limit: limit, now: { [self] in state.withLock { $0.seconds } }) { [self] name in
            let answer = state.withLock { state in
                state.asked.append(name)
                return state.answers[name] ?? .unknown
            }
            if name.hasPrefix("hung") { hung.wait() }
            return answer
        }
    }
}

@Suite("Names of hosts", .timeLimit(.minutes(2)))
struct HostNamesTests {
    private static let here = HostNames.Answer.addresses(["127.0.0.1"])

    @Test("one that no name server answers for keeps nobody else waiting, and says so in time (R8)")
    func hungName() async throws {
        let servers = NameServers(["hung.lan": Self.here, "good.lan": Self.here])
        let names = servers.names(limit: 2)
        async let hung = Self.trouble { try await names.addresses(of: "hung.lan") }
        while servers.asked.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try await names.addresses(of: "good.lan") == ["127.0.0.1"])
        #expect(
            await hung
                == "its name could not be looked up: no name server has answered for 'hung.lan' within 2 s")
        servers.letGo(1)
    }

    @Test("names that were waited for in vain take a few threads, and leave the others to the rest")
    func manyHungNames() async throws {
        let most = HostNames.mostLookups
        let servers = NameServers(["good.lan": Self.here])
        let names = servers.names(limit: 1)
        let hung = (0..<most).map { "hung\($0).lan" }
        @Sendable func askAll() async {
            await withDiscardingTaskGroup { tasks in
                for name in hung { tasks.addTask { _ = await Self.trouble { try await names.addresses(of: name) } } }
            }
        }
        await askAll()
        #expect(names.threads == most)
        servers.letGo(most)
        while names.threads > 0 { try await Task.sleep(for: .milliseconds(2)) }
        // They are unknown now, and are looked up again once that is forgotten.
        servers.pass(HostNames.unknownKept)
        for name in hung { servers.set(name, .silence("nobody")) }
        await askAll()
        await askAll()
        servers.letGo(most)
        while names.threads > 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try await names.addresses(of: "good.lan") == ["127.0.0.1"])
    }

    @Test("slow names have a bound of their own")
    func slowNames() async throws {
        let servers = NameServers(["good.lan": Self.here])
        let names = servers.names(limit: 1)
        let hung = (0..<HostNames.mostSlowLookups + 3).map { "hung\($0).lan" }
        for name in hung { servers.set(name, .silence("nobody")) }
        for turn in 1...2 {
            await withDiscardingTaskGroup { tasks in
                for name in hung { tasks.addTask { _ = await Self.trouble { try await names.addresses(of: name) } } }
            }
            let most = turn == 1 ? hung.count : HostNames.mostSlowLookups
            while names.threads > most { try await Task.sleep(for: .milliseconds(2)) }
            #expect(names.threads == most)
            if turn == 2 { #expect(try await names.addresses(of: "good.lan") == ["127.0.0.1"]) }
            servers.letGo(hung.count)
            while names.threads > 0 { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test("an answer is used for 30 s, and is asked for once however many want it")
    func kept() async throws {
        let servers = NameServers(["a.lan": Self.here])
        let names = servers.names()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<50 { tasks.addTask { _ = try await names.addresses(of: "a.lan") } }
            try await tasks.waitForAll()
        }
        servers.set("a.lan", .addresses(["127.0.0.9"]))
        servers.pass(29.9)
        #expect(try await names.addresses(of: "a.lan") == ["127.0.0.1"])
        #expect(servers.asked == ["a.lan"])
        servers.pass(0.1)
        #expect(try await names.addresses(of: "a.lan") == ["127.0.0.9"])
        #expect(servers.asked == ["a.lan", "a.lan"])
    }

    @Test("a name that is not known says so, and is looked up again after a moment")
    func unknown() async throws {
        let servers = NameServers()
        let names = servers.names()
        for _ in 0..<2 {
            #expect(
                await Self.trouble { try await names.addresses(of: "new.lan") }
                    == "its name could not be looked up: 'new.lan' is known neither to a name server nor to /etc/hosts")
        }
        #expect(servers.asked == ["new.lan"])
        servers.set("new.lan", Self.here)
        servers.pass(HostNames.unknownKept)
        #expect(try await names.addresses(of: "new.lan") == ["127.0.0.1"])
    }

    @Test("where no name server answers any more, what was known goes on being used")
    func stale() async throws {
        let servers = NameServers(["a.lan": Self.here])
        let names = servers.names()
        _ = try await names.addresses(of: "a.lan")
        servers.set("a.lan", .silence("no name server answers"))
        servers.pass(HostNames.kept)
        #expect(try await names.addresses(of: "a.lan") == ["127.0.0.1"])
        servers.set("a.lan", .unknown)
        servers.pass(HostNames.kept)
        #expect(await Self.trouble { try await names.addresses(of: "a.lan") } != nil)
        let other = NameServers(["b.lan": .silence("no name server answers")]).names()
        #expect(
            await Self.trouble { try await other.addresses(of: "b.lan") }
                == "its name could not be looked up: no name server answers for 'b.lan'")
    }

    @Test("who is cancelled while a name is looked up does not wait for it")
    func cancelled() async throws {
        let servers = NameServers()
        let names = servers.names(limit: 3600)
        let task = Task { try await names.addresses(of: "hung.lan") }
        while servers.asked.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        servers.letGo(1)
    }

    @Test("the system is asked as everybody asks it")
    func system() throws {
        guard case .addresses(let addresses) = SystemNames.lookUp("localhost") else {
            Issue.record("localhost is not known")
            return
        }
        #expect(!Set(addresses).isDisjoint(with: ["127.0.0.1", "::1"]))
        #expect(SystemNames.lookUp("no such name") == .unknown)
    }

    @Test("a request goes to the next address where nobody is at the first, and next time there at once")
    func nextAddress() async throws {
        try await ScriptedServer.serving(.json(#"{"status":"ok"}"#)) { server in
            guard case .url(let url) = server.address, let port = url.split(separator: ":").last else { return }
            let names = NameServers(["pi.lan": .addresses(["127.0.0.77", "127.0.0.1"])]).names()
            for method in [HTTPMethod.POST, .GET] {
                var request = HTTPClientRequest(url: "http://pi.lan:\(port)/api/health?x=1")
                request.method = method
                let response = try await DaemonClientTests.http.reach(request, names: names)
                #expect(response.status == .ok)
                _ = try await response.body.collect(upTo: 1000)
            }
            #expect(
                server.requests.map { $0.split(separator: "\r\n").first } == [
                    "POST /api/health?x=1 HTTP/1.1", "GET /api/health?x=1 HTTP/1.1",
                ])
            #expect(server.requests.allSatisfy { $0.contains("\r\nHost: pi.lan:\(port)") })
            #expect(try await names.addresses(of: "pi.lan") == ["127.0.0.1", "127.0.0.77"])
        }
    }

    @Test(
        "only what is a name is looked up",
        arguments: [
            ("http://pi.lan:9100/api/list?x=1", "http://[::2]:9100/api/list?x=1"),
            ("https://pi.lan/a", "https://[::2]/a"), ("http://pi", "http://[::2]"),
            ("http://127.0.0.1:9100/", nil), ("http://[fe80::1]:9100/", nil), ("http+unix://%2Ftmp/a", nil),
            ("http://user@pi/", nil), ("http://", nil), ("http://:80/", nil), ("http://pi:b/", nil),
            ("http://pi:65536/", nil), ("http://pi:1:2/", nil), ("http://pi%41/", nil), ("pi:80", nil),
        ] as [(String, String?)])
    func urls(url: String, other: String?) {
        #expect(NamedURL(url)?.url(at: "::2") == other)
    }

    private static func trouble(_ body: @Sendable () async throws -> [String]) async -> String? {
        do {
            _ = try await body()
            return nil
        } catch { return "\(error)" }
    }
}
